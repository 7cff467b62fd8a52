// Attention, bidirectional, of packed sequences, in f32: out = softmax(scale Q K^T) V.
//
//   qkv [rows, >= 3 heads D], rows `in_stride` apart: Q | K | V       out [rows, heads D]
//   ranges [rows]: where the row's sequence begins and ends
// Strides count floats.
//
// A workgroup has one head and 64 rows, whichever sequences they are of; an invocation has one row.
// Keys and values of all those sequences go through workgroup memory, and an invocation takes those
// of its own. It takes them one by one, in order, with a running maximum: what shares the batch, and
// where a row stands in it, changes nothing in its bits.

override D: u32 = 32u;  // 1 .. 128

struct Params {
  rows: u32,
  heads: u32,
  in_stride: u32,
  out_stride: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ranges: array<vec2u>;
@group(0) @binding(2) var<storage, read> qkv: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

override D4: u32 = (D + 3u) / 4u;
override KEYS: u32 = 512u / D4;  // at a time
var<workgroup> key_tile: array<vec4f, 512>;    // [KEYS, D4]
var<workgroup> value_tile: array<vec4f, 512>;  // [KEYS, D4]

// Four floats from `at`, `c` components into a head: zeros behind its end.
fn load(at: u32, c: u32) -> vec4f {
  if (D % 4u == 0u || c + 4u <= D) {
    return vec4f(qkv[at + c], qkv[at + c + 1u], qkv[at + c + 2u], qkv[at + c + 3u]);
  }
  var x = vec4f(qkv[at + c], 0.0, 0.0, 0.0);
  if (c + 1u < D) { x.y = qkv[at + c + 1u]; }
  if (c + 2u < D) { x.z = qkv[at + c + 2u]; }
  return x;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let head = group.y * D;
  let row = group.x * 64u + index;
  let first = ranges[group.x * 64u].x;
  let last = ranges[min(group.x * 64u + 63u, params.rows - 1u)].y;
  var mine = vec2u(0u, 0u);
  var q: array<vec4f, 32>;
  var sum: array<vec4f, 32>;
  if (row < params.rows) {
    mine = ranges[row];
    for (var i = 0u; i < D4; i++) { q[i] = load(row * params.in_stride + head, i * 4u); }
  }
  var most = -3.0e38f;
  var total = 0.0f;
  for (var base = first; base < last; base += KEYS) {
    for (var t = index; t < KEYS * D4; t += 64u) {
      let key = base + t / D4;
      if (key >= last) { break; }
      let at = key * params.in_stride + params.heads * D + head;
      key_tile[t] = load(at, t % D4 * 4u);
      value_tile[t] = load(at + params.heads * D, t % D4 * 4u);
    }
    workgroupBarrier();
    let end = min(mine.y, base + KEYS);
    for (var key = max(mine.x, base); key < end; key++) {
      let at = (key - base) * D4;
      var products = vec4f(0.0);
      for (var i = 0u; i < D4; i++) { products = fma(q[i], key_tile[at + i], products); }
      let score = (products.x + products.y + products.z + products.w) * params.scale;
      if (score > most) {
        let fade = exp(most - score);
        most = score;
        total *= fade;
        for (var i = 0u; i < D4; i++) { sum[i] *= fade; }
      }
      let weight = exp(score - most);
      total += weight;
      for (var i = 0u; i < D4; i++) { sum[i] = fma(vec4f(weight), value_tile[at + i], sum[i]); }
    }
    workgroupBarrier();
  }
  if (row >= params.rows) { return; }
  let inverse = 1.0 / total;
  let to = row * params.out_stride + head;
  for (var i = 0u; i < D; i++) { out[to + i] = sum[i / 4u][i % 4u] * inverse; }
}
