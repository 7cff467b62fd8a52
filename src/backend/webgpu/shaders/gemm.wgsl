// C = act(A B + bias) + R: a LINEAR op without its norm; what the products have in common.
//
//   A [rows, k], rows `a_stride` apart      B [k, 4 n4], prepared
//   bias [4 n4]     C, R [rows, 4 n4], rows `c_stride`, `r_stride` apart
// Strides count parts: 4 of a row; n4 too. A workgroup has a tile of 16 ROWS rows and 64 columns.
//
// In front of it is a file that says of which numbers: a Part of A, a Block of B of 4 of k and 4
// columns, STEP rows of n4 from one to the next, their Sum, and its result; with TAIL, what there is
// where k is no multiple of 4. Behind it is one that says in which order: gemm_direct.wgsl.

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

// Where the row begins in A; of rows that are not there, the last one.
fn begin(row: u32) -> u32 { return min(row, params.rows - 1u) * params.a_stride; }

fn store(row: u32, column: u32, sum: Sum) {
  if (row >= params.rows) { return; }
  var y = result(row, column, sum);
  if (BIAS) { y += bias[column]; }
  y = act(y);
  if (RESIDUAL) { y = kept4(y) + residual[row * params.r_stride + column]; }
  c[row * params.c_stride + column] = y;
}
