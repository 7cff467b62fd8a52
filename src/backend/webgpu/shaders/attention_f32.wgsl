// Attention, bidirectional, of packed sequences, in f32: out = softmax(scale Q K^T) V.
//
//   qkv [rows, >= 3 heads D], rows `in_stride` apart: Q | K | V       out [rows, heads D]
//   ranges [rows]: where the row's sequence begins and ends
// Strides count floats; `in_stride` is a multiple of 4.
//
// An invocation has one head of one row. It takes the keys of its sequence one by one, in order, with
// a running maximum: what shares the batch, and where a row stands in it, changes nothing in its
// bits. Neighbours read the same keys and values, straight from their buffer, through the caches.

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
@group(0) @binding(2) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

fn one(at: u32) -> f32 { return qkv[at / 4u][at % 4u]; }

// Components c .. c + 3 of the head at `at`: zeros behind its end.
fn load(at: u32, c: u32) -> vec4f {
  if (c >= D) { return vec4f(0.0); }
  if (D % 4u == 0u) { return qkv[(at + c) / 4u]; }
  var x = vec4f(one(at + c), 0.0, 0.0, 0.0);
  if (c + 1u < D) { x.y = one(at + c + 1u); }
  if (c + 2u < D) { x.z = one(at + c + 2u); }
  if (c + 3u < D) { x.w = one(at + c + 3u); }
  return x;
}

fn scaled(s: Part, by: f32) -> Part {
  return Part(s.x0 * by, s.x1 * by, s.x2 * by, s.x3 * by, s.x4 * by, s.x5 * by, s.x6 * by,
              s.x7 * by);
}

fn store(to: u32, c: u32, x: vec4f) {
  if (c < D) { out[to + c] = x.x; }
  if (c + 1u < D) { out[to + c + 1u] = x.y; }
  if (c + 2u < D) { out[to + c + 2u] = x.z; }
  if (c + 3u < D) { out[to + c + 3u] = x.w; }
}

fn store_part(to: u32, c: u32, s: Part) {
  store(to, c, s.x0);
  store(to, c + 4u, s.x1);
  store(to, c + 8u, s.x2);
  store(to, c + 12u, s.x3);
  store(to, c + 16u, s.x4);
  store(to, c + 20u, s.x5);
  store(to, c + 24u, s.x6);
  store(to, c + 28u, s.x7);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let head = group.y * D;
  let row = group.x * 64u + index;
  if (row >= params.rows) { return; }
  let query = row * params.in_stride + head;
  let q0 = load_part(query, 0u);
  let q1 = load_part(query, 32u);
  let q2 = load_part(query, 64u);
  let q3 = load_part(query, 96u);
  var s0 = no_part();
  var s1 = no_part();
  var s2 = no_part();
  var s3 = no_part();
  let width = params.heads * D;
  let range = ranges[row];
  var most = -3.0e38f;
  var total = 0.0f;
  for (var key = range.x; key < range.y; key++) {
    let k = key * params.in_stride + width + head;
    var sums = products(q0, load_part(k, 0u), vec4f(0.0));
    if (D > 32u) { sums = products(q1, load_part(k, 32u), sums); }
    if (D > 64u) { sums = products(q2, load_part(k, 64u), sums); }
    if (D > 96u) { sums = products(q3, load_part(k, 96u), sums); }
    let score = (sums.x + sums.y + sums.z + sums.w) * params.scale;
    if (score > most) {
      let fade = exp(most - score);
      most = score;
      total *= fade;
      s0 = scaled(s0, fade);
      if (D > 32u) { s1 = scaled(s1, fade); }
      if (D > 64u) { s2 = scaled(s2, fade); }
      if (D > 96u) { s3 = scaled(s3, fade); }
    }
    let weight = exp(score - most);
    total += weight;
    let v = k + width;
    s0 = added(s0, weight, load_part(v, 0u));
    if (D > 32u) { s1 = added(s1, weight, load_part(v, 32u)); }
    if (D > 64u) { s2 = added(s2, weight, load_part(v, 64u)); }
    if (D > 96u) { s3 = added(s3, weight, load_part(v, 96u)); }
  }
  let inverse = 1.0 / total;
  let to = row * params.out_stride + head;
  store_part(to, 0u, scaled(s0, inverse));
  if (D > 32u) { store_part(to, 32u, scaled(s1, inverse)); }
  if (D > 64u) { store_part(to, 64u, scaled(s2, inverse)); }
  if (D > 96u) { store_part(to, 96u, scaled(s3, inverse)); }
}
