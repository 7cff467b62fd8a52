// Rows as signed bytes, each with a scale: the input of a product of integers. A workgroup has a
// row.
//
//   x [rows, cols], rows `x_stride` floats apart   smooth [cols]
//   q [rows, words]: four bytes each, zeros behind cols   scale [rows]

override SMOOTH: bool = false;

struct Params {
  rows: u32,
  cols: u32,
  x_stride: u32,
  words: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> smooth_by: array<f32>;
@group(0) @binding(3) var<storage, read_write> q: array<u32>;
@group(0) @binding(4) var<storage, read_write> scale: array<f32>;

var<workgroup> largest: array<f32, 64>;

fn value(row: u32, column: u32) -> f32 {
  if (column >= params.cols) { return 0.0; }
  let y = x[row * params.x_stride + column];
  if (SMOOTH) { return kept(y * smooth_by[column]); }
  return y;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) index: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) { return; }
  var most = 0.0f;
  for (var j = index; j < params.cols; j += 64u) { most = max(most, abs(value(row, j))); }
  largest[index] = most;
  workgroupBarrier();
  for (var step = 32u; step > 0u; step /= 2u) {
    if (index < step) { largest[index] = max(largest[index], largest[index + step]); }
    workgroupBarrier();
  }
  let by = byte_scale(largest[0]);
  for (var w = index; w < params.words; w += 64u) {
    let j = 4u * w;
    let y = vec4f(value(row, j), value(row, j + 1u), value(row, j + 2u), value(row, j + 3u));
    q[row * params.words + w] = packed(y * by.x);
  }
  if (index == 0u) { scale[row] = by.y; }
}
