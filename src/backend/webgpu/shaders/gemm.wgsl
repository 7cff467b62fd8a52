// C = act(y + bias) + R: what the products have in common, behind each of them. `y` is theirs, 4
// columns of a row.
//
//   bias [4 n4]     C, R [rows, 4 n4], rows `c_stride`, `r_stride` apart
// Strides and n4 count vec4s. A workgroup has a tile of 16 ROWS rows and 64 columns.

override ROWS: u32 = 4u;  // 1 .. 4
override BIAS: bool = true;
override RESIDUAL: bool = false;

struct Params {
  rows: u32,
  n4: u32,
  k: u32,
  a_stride: u32,
  c_stride: u32,
  r_stride: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> c: array<vec4f>;

fn store(row: u32, column: u32, product: vec4f) {
  if (row >= params.rows) { return; }
  var y = product;
  if (BIAS) { y += bias[column]; }
  y = act(y);
  if (RESIDUAL) { y = kept4(y) + residual[row * params.r_stride + column]; }
  c[row * params.c_stride + column] = y;
}
