// Attention, bidirectional, of packed sequences, in integers: src/kernels/attention_i8/attention_i8.h
// says what is computed, and every step here has its bits.
//
//   operands [rows, in_stride]: by attention_operands.wgsl      out [rows, heads D]
//   ranges [rows]: where the row's sequence begins and ends     tokens [rows]: .w the sequence
//   value_scale [sequences, heads D]: by value_scale.wgsl
//
// An invocation has one head of one row, as in attention_f32.wgsl, and takes the keys of its sequence
// twice: for the largest score, and for what follows from that. Integers are summed as f32, which is
// exact below 2^24: scores are, and so are sums of MOST values by weights of 8 bits. Weights have 16,
// so there are two such sums; i32 takes them over after MOST keys.

override D: u32 = 32u;  // 1 .. 128
override D4: u32 = (D + 3u) / 4u;
override LONG: bool = false;  // are there sequences of more than MOST?

const MOST: u32 = 512u;

struct Params {
  rows: u32,
  heads: u32,
  in_stride: u32,  // in vec4s
  out_stride: u32,
  scale: f32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ranges: array<vec2u>;
@group(0) @binding(2) var<storage, read> tokens: array<vec4u>;
@group(0) @binding(3) var<storage, read> operands: array<vec4f>;
@group(0) @binding(4) var<storage, read> value_scale: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

fn load(at: u32, c: u32) -> vec4f {
  if (c >= D) { return vec4f(0.0); }
  return operands[at + c / 4u];
}

// A head of Q, or what its sums are.
struct Head {
  p0: Part,
  p1: Part,
  p2: Part,
  p3: Part,
}

fn load_head(at: u32) -> Head {
  return Head(load_part(at, 0u), load_part(at, 32u), load_part(at, 64u), load_part(at, 96u));
}

fn no_head() -> Head { return Head(no_part(), no_part(), no_part(), no_part()); }

// The score of the key at `at`.
fn score(q: Head, at: u32, key_scale: f32) -> f32 {
  var sums = products(q.p0, load_part(at, 0u), vec4f(0.0));
  if (D > 32u) { sums = products(q.p1, load_part(at, 32u), sums); }
  if (D > 64u) { sums = products(q.p2, load_part(at, 64u), sums); }
  if (D > 96u) { sums = products(q.p3, load_part(at, 96u), sums); }
  return kept((sums.x + sums.y + sums.z + sums.w) * key_scale);
}

// 65535 times 2^-|x|, an integer.
fn weight(x: f32) -> u32 {
  let y = max(-abs(x), -30.0);
  let whole = floor(y);
  let r = y - whole;
  var e = 0x1.3f97aep+12f;
  e = kept(e * r) + 0x1.cef92ap+13f;
  e = kept(e * r) + 0x1.6442fep+15f;
  e = kept(e * r) + 0x1.fff432p+15f;
  return u32(round(e * bitcast<f32>(u32(i32(whole) + 127) << 23u)));
}

// 256 high + low, rounded once: more than 31 bits, of which the last says whether any follow.
fn joined(high: vec4i, low: vec4i) -> vec4f {
  let s = high + (low >> vec4u(8u));
  let l = low & vec4i(255);
  let some = vec4f((s * 64 + (l >> vec4u(2u))) | select(vec4i(0), vec4i(1), (l & vec4i(3)) != vec4i(0)));
  let many = vec4f(s | select(vec4i(0), vec4i(1), l != vec4i(0)));
  let most = select(many * 256.0, some * 4.0, abs(s) < vec4i(0x2000000));
  return select(most, vec4f(s * 256 + l), abs(s) < vec4i(0x800000));
}

// Sums of weights by values, in two halves, as i32: what of them has been in f32 long enough.
var<private> high_before: array<vec4i, 32>;
var<private> low_before: array<vec4i, 32>;

fn move_four(i: u32, high: vec4f, low: vec4f) {
  if (i >= D4) { return; }
  high_before[i] += vec4i(high);
  low_before[i] += vec4i(low);
}

fn move_part(i: u32, high: Part, low: Part) {
  move_four(i, high.x0, low.x0);
  move_four(i + 1u, high.x1, low.x1);
  move_four(i + 2u, high.x2, low.x2);
  move_four(i + 3u, high.x3, low.x3);
  move_four(i + 4u, high.x4, low.x4);
  move_four(i + 5u, high.x5, low.x5);
  move_four(i + 6u, high.x6, low.x6);
  move_four(i + 7u, high.x7, low.x7);
}

fn move_head(high: Head, low: Head) {
  move_part(0u, high.p0, low.p0);
  if (D > 32u) { move_part(8u, high.p1, low.p1); }
  if (D > 64u) { move_part(16u, high.p2, low.p2); }
  if (D > 96u) { move_part(24u, high.p3, low.p3); }
}

// Where a row's head goes, and what its sums are multiplied by.
struct Place {
  to: u32,
  scales: u32,
  inverse: f32,
}

fn store(place: Place, i: u32, high: vec4f, low: vec4f) {
  if (i >= D4) { return; }
  var h = vec4i(high);
  var l = vec4i(low);
  if (LONG) {
    h += high_before[i];
    l += low_before[i];
  }
  let x = kept4(joined(h, l) * place.inverse);
  let c = 4u * i;
  let to = place.to + c;
  let by = place.scales + c;
  out[to] = x.x * value_scale[by].y;
  if (c + 1u < D) { out[to + 1u] = x.y * value_scale[by + 1u].y; }
  if (c + 2u < D) { out[to + 2u] = x.z * value_scale[by + 2u].y; }
  if (c + 3u < D) { out[to + 3u] = x.w * value_scale[by + 3u].y; }
}

fn store_part(place: Place, i: u32, high: Part, low: Part) {
  store(place, i, high.x0, low.x0);
  store(place, i + 1u, high.x1, low.x1);
  store(place, i + 2u, high.x2, low.x2);
  store(place, i + 3u, high.x3, low.x3);
  store(place, i + 4u, high.x4, low.x4);
  store(place, i + 5u, high.x5, low.x5);
  store(place, i + 6u, high.x6, low.x6);
  store(place, i + 7u, high.x7, low.x7);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let row = group.x * 64u + index;
  if (row >= params.rows) { return; }
  let head = group.y * D4;
  let width = params.heads * D4;
  let scales = 3u * width + group.y;
  let q = load_head(row * params.in_stride + head);
  let query_scale = operands[row * params.in_stride + scales].x;
  let factor = kept(kept(query_scale * params.scale) * 0x1.715476p+0f);
  let range = ranges[row];
  var most = -3.0e38f;
  var total = 0u;
  var high = no_head();
  var low = no_head();
  var count = 0u;
  // Twice over the same keys, by one loop: what compilers take long for is there once.
  let keys = range.y - range.x;
  for (var i = 0u; i < 2u * keys; i++) {
    let first = i < keys;
    let at = (range.x + i - select(keys, 0u, first)) * params.in_stride;
    let t = score(q, at + width + head, operands[at + scales].y);
    if (first) {
      most = max(most, t);
      continue;
    }
    let p = weight(kept(t * factor) + kept(-most * factor));
    total += p;
    let h = f32(p >> 8u);
    let l = f32(p & 255u);
    let v = at + 2u * width + head;
    let v0 = load_part(v, 0u);
    high.p0 = added(high.p0, h, v0);
    low.p0 = added(low.p0, l, v0);
    if (D > 32u) {
      let v1 = load_part(v, 32u);
      high.p1 = added(high.p1, h, v1);
      low.p1 = added(low.p1, l, v1);
    }
    if (D > 64u) {
      let v2 = load_part(v, 64u);
      high.p2 = added(high.p2, h, v2);
      low.p2 = added(low.p2, l, v2);
    }
    if (D > 96u) {
      let v3 = load_part(v, 96u);
      high.p3 = added(high.p3, h, v3);
      low.p3 = added(low.p3, l, v3);
    }
    if (LONG) {
      count++;
      if (count == MOST) {
        move_head(high, low);
        high = no_head();
        low = no_head();
        count = 0u;
      }
    }
  }
  let place = Place(row * params.out_stride + group.y * D,
                    (tokens[row].w * params.heads + group.y) * D, quotient(1.0, f32(total)));
  store_part(place, 0u, high.p0, low.p0);
  if (D > 32u) { store_part(place, 8u, high.p1, low.p1); }
  if (D > 64u) { store_part(place, 16u, high.p2, low.p2); }
  if (D > 96u) { store_part(place, 24u, high.p3, low.p3); }
}
