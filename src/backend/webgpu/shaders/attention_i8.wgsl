// Attention, bidirectional, of packed sequences, in integers: src/kernels/attention_i8/attention_i8.h
// says what is computed, and every step here has its bits.
//
//   qkv [rows, >= 3 heads D], rows `in_stride` apart: Q | K | V       out [rows, heads D]
//   ranges [rows]: where the row's sequence begins and ends   tokens [rows]: .w its sequence
//   value_scale [sequences, heads D]: by value_scale.wgsl
// Strides count floats.
//
// A workgroup has one head and 64 rows, whichever sequences they are of; an invocation has one row.
// It takes the keys of its sequence twice: for the largest score, and for what follows from that.
// Weights have 16 bits, and their products with bytes are summed in two halves of 8: such sums are
// integers below 2^24, which f32 adds without rounding, for MOST keys; then i32 takes them over.

override D: u32 = 32u;  // 1 .. 128
override LONG: bool = false;  // are there sequences of more than MOST?

const MOST: u32 = 512u;

struct Params {
  rows: u32,
  heads: u32,
  in_stride: u32,
  out_stride: u32,
  scale: f32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ranges: array<vec2u>;
@group(0) @binding(2) var<storage, read> tokens: array<vec4u>;
@group(0) @binding(3) var<storage, read> qkv: array<f32>;
@group(0) @binding(4) var<storage, read> value_scale: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

override D4: u32 = (D + 3u) / 4u;
override KEYS: u32 = min(64u, 512u / D4);  // at a time
var<workgroup> key_tile: array<u32, 512>;      // [KEYS, D4]
var<workgroup> key_scale: array<f32, 64>;      // [KEYS]
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

// Of the D components from `at`: what makes them bytes, and what a byte is.
fn scale_of(at: u32) -> vec2f {
  var most = vec4f(0.0);
  for (var i = 0u; i < D4; i++) { most = max(most, abs(load(at, i * 4u))); }
  return byte_scale(max(max(most.x, most.y), max(most.z, most.w)));
}

fn load_key(key: u32, to: u32, head: u32) {
  let at = key * params.in_stride + params.heads * D + head;
  let by = scale_of(at);
  for (var i = 0u; i < D4; i++) { key_tile[to * D4 + i] = packed(load(at, i * 4u) * by.x); }
  key_scale[to] = by.y;
}

fn load_value(key: u32, to: u32, head: u32) {
  let at = key * params.in_stride + 2u * params.heads * D + head;
  let scales = tokens[key].w * params.heads * D + head;
  for (var i = 0u; i < D4; i++) {
    var by = vec4f(0.0);
    for (var c = 0u; c < 4u; c++) {
      if (i * 4u + c < D) { by[c] = value_scale[scales + i * 4u + c].x; }
    }
    value_tile[to * D4 + i] = rounded(load(at, i * 4u) * by);
  }
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
fn joined(high: i32, low: i32) -> f32 {
  let s = high + (low >> 8u);
  let l = low & 255;
  if (abs(s) < 0x800000) { return f32(s * 256 + l); }
  if (abs(s) < 0x2000000) { return f32((s * 64 + (l >> 2u)) | select(0, 1, (l & 3) != 0)) * 4.0; }
  return f32(s | select(0, 1, l != 0)) * 256.0;
}

var<private> query: array<u32, 32>;

fn score(key: u32) -> f32 {
  var sum = 0;
  for (var i = 0u; i < D4; i++) { sum += dot4(query[i], key_tile[key * D4 + i]); }
  return kept(f32(sum) * key_scale[key]);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let head = group.y * D;
  let row = group.x * 64u + index;
  let first = ranges[group.x * 64u].x;
  let last = ranges[min(group.x * 64u + 63u, params.rows - 1u)].y;
  var mine = vec2u(0u, 0u);
  var factor = 0.0f;
  if (row < params.rows) {
    mine = ranges[row];
    let at = row * params.in_stride + head;
    let by = scale_of(at);
    for (var i = 0u; i < D4; i++) { query[i] = packed(load(at, i * 4u) * by.x); }
    factor = kept(kept(by.y * params.scale) * 0x1.715476p+0f);
  }
  var most = -3.0e38f;
  for (var base = first; base < last; base += KEYS) {
    if (index < KEYS && base + index < last) { load_key(base + index, index, head); }
    workgroupBarrier();
    let end = min(mine.y, base + KEYS);
    for (var key = max(mine.x, base); key < end; key++) { most = max(most, score(key - base)); }
    workgroupBarrier();
  }
  let shift = kept(-most * factor);
  var total = 0u;
  var high: array<vec4f, 32>;
  var low: array<vec4f, 32>;
  var high_before: array<vec4i, 32>;
  var low_before: array<vec4i, 32>;
  var count = 0u;
  for (var base = first; base < last; base += KEYS) {
    if (index < KEYS && base + index < last) {
      load_key(base + index, index, head);
      load_value(base + index, index, head);
    }
    workgroupBarrier();
    let end = min(mine.y, base + KEYS);
    for (var key = max(mine.x, base); key < end; key++) {
      let p = weight(kept(score(key - base) * factor) + shift);
      total += p;
      let h = f32(p >> 8u);
      let l = f32(p & 255u);
      for (var i = 0u; i < D4; i++) {
        let v = value_tile[(key - base) * D4 + i];
        high[i] += h * v;
        low[i] += l * v;
      }
    }
    workgroupBarrier();
    count += KEYS;
    if (LONG && count + KEYS > MOST) {
      count = 0u;
      for (var i = 0u; i < D4; i++) {
        high_before[i] += vec4i(high[i]);
        low_before[i] += vec4i(low[i]);
        high[i] = vec4f(0.0);
        low[i] = vec4f(0.0);
      }
    }
  }
  if (row >= params.rows) { return; }
  let inverse = quotient(1.0, f32(total));
  let to = row * params.out_stride + head;
  let scales = tokens[row].w * params.heads * D + head;
  for (var i = 0u; i < D; i++) {
    var h = i32(high[i / 4u][i % 4u]);
    var l = i32(low[i / 4u][i % 4u]);
    if (LONG) {
      h += high_before[i / 4u][i % 4u];
      l += low_before[i / 4u][i % 4u];
    }
    out[to + i] = kept(joined(h, l) * inverse) * value_scale[scales + i].y;
  }
}
