// Per row: y = (x - mean) / sqrt(variance + eps) * gamma + beta, or y = x / max(|x|, 1e-12). A
// workgroup has a row; an invocation has every 64th column of it.

override LENGTH: bool = false;    // the second of the two
override IN_PLACE: bool = false;  // x is y
override BETA: bool = true;

struct Params {
  rows: u32,
  cols: u32,
  x_stride: u32,
  y_stride: u32,
  eps: f32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn value(row: u32, column: u32) -> f32 {
  if (IN_PLACE) { return y[row * params.y_stride + column]; }
  return x[row * params.x_stride + column];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) index: u32) {
  let row = group.y * groups.x + group.x;
  if (row >= params.rows) { return; }
  let cols = f32(params.cols);
  var mean = 0.0f;
  if (!LENGTH) {
    var sum = 0.0f;
    for (var j = index; j < params.cols; j += 64u) { sum += value(row, j); }
    mean = quotient(sum_of_all(sum, index), cols);
  }
  var squares = 0.0f;
  for (var j = index; j < params.cols; j += 64u) {
    let d = value(row, j) - mean;
    squares += kept(d * d);
  }
  squares = sum_of_all(squares, index);
  if (LENGTH) {
    let length = max(root(squares), 1e-12);
    for (var j = index; j < params.cols; j += 64u) {
      y[row * params.y_stride + j] = quotient(value(row, j), length);
    }
    return;
  }
  let factor = quotient(1.0, root(quotient(squares, cols) + params.eps));
  for (var j = index; j < params.cols; j += 64u) {
    var z = kept(kept((value(row, j) - mean) * factor) * gamma[j]);
    if (BETA) { z += beta[j]; }
    y[row * params.y_stride + j] = z;
  }
}
