// For attention of integers: Q, K and V of each head of a row as whole numbers, those of bytes, and
// what a 1 of them is.
//
//   qkv [rows, >= 3 heads D], rows `in_stride` floats apart: Q | K | V
//   tokens [rows]: .w the row's sequence
//   value_scale [sequences, heads D]: by value_scale.wgsl
//   out [rows, stride]: Q | K | V of heads of D4 vec4s, zeros behind D; then a vec4 a head: the scales
//       of its Q and K
// An invocation has a head of a row.

override D: u32 = 32u;  // 1 .. 128
override D4: u32 = (D + 3u) / 4u;

struct Params {
  rows: u32,
  heads: u32,
  in_stride: u32,
  out_stride: u32,  // in vec4s
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<vec4u>;
@group(0) @binding(2) var<storage, read> qkv: array<f32>;
@group(0) @binding(3) var<storage, read> value_scale: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

// Four components from c on of the head at `at`: zeros behind its end.
fn load(at: u32, c: u32) -> vec4f {
  if (D % 4u == 0u || c + 4u <= D) {
    return vec4f(qkv[at + c], qkv[at + c + 1u], qkv[at + c + 2u], qkv[at + c + 3u]);
  }
  var x = vec4f(qkv[at + c], 0.0, 0.0, 0.0);
  if (c + 1u < D) { x.y = qkv[at + c + 1u]; }
  if (c + 2u < D) { x.z = qkv[at + c + 2u]; }
  return x;
}

fn value_scales(at: u32, c: u32) -> vec4f {
  var by = vec4f(value_scale[at + c].x, 0.0, 0.0, 0.0);
  if (c + 1u < D) { by.y = value_scale[at + c + 1u].x; }
  if (c + 2u < D) { by.z = value_scale[at + c + 2u].x; }
  if (c + 3u < D) { by.w = value_scale[at + c + 3u].x; }
  return by;
}

// The head at `at` to `to`, with a scale of its own, which it returns.
fn scaled_head(at: u32, to: u32) -> f32 {
  var most = vec4f(0.0);
  for (var i = 0u; i < D4; i++) { most = max(most, abs(load(at, i * 4u))); }
  let by = byte_scale(max(max(most.x, most.y), max(most.z, most.w)));
  for (var i = 0u; i < D4; i++) { out[to + i] = rounded(load(at, i * 4u) * by.x); }
  return by.y;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let row = group.x * 64u + index;
  if (row >= params.rows) { return; }
  let width = params.heads * D;
  let at = row * params.in_stride + group.y * D;
  let to = row * params.out_stride + group.y * D4;
  let q = scaled_head(at, to);
  let k = scaled_head(at + width, to + params.heads * D4);
  let scales = tokens[row].w * width + group.y * D;
  for (var i = 0u; i < D4; i++) {
    out[to + 2u * params.heads * D4 + i] =
        rounded(load(at + 2u * width, i * 4u) * value_scales(scales, i * 4u));
  }
  out[row * params.out_stride + 3u * params.heads * D4 + group.y] = vec4f(q, k, 0.0, 0.0);
}
