// One pooling of each sequence's rows (kernels/pool/pool.h says what each is). A workgroup has a
// sequence and 64 columns; sums run over rows in order.

override KIND: u32 = 4u;     // lode_pooling
override SKIP: bool = false;  // leave the sequence's `skip` rows out

struct Params {
  sequences: u32,
  cols: u32,
  in_stride: u32,
  out_stride: u32,
  out_column: u32,
  zero: u32,
}

struct Sequence {
  begin: u32,
  end: u32,
  skip: u32,  // leading rows; at most all
  unused: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sequences: array<Sequence>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let column = group.x * 64u + index;
  if (column >= params.cols) { return; }
  let s = sequences[group.y];
  let count = s.end - s.begin;
  let skip = select(0u, s.skip, SKIP);
  let used = count - skip;
  var y = 0.0f;
  if (KIND == 1u && count > 0u) {
    y = x[(s.begin + select(0u, skip, used > 0u)) * params.in_stride + column];
  } else if (KIND == 32u && used > 0u) {
    y = x[(s.end - 1u) * params.in_stride + column];
  } else if (KIND == 2u && used > 0u) {
    y = x[(s.begin + skip) * params.in_stride + column];
    for (var i = skip + 1u; i < count; i++) {
      y = max(y, x[(s.begin + i) * params.in_stride + column]);
    }
  } else if (KIND == 16u) {
    for (var i = skip; i < count; i++) {
      y += kept(f32(i + 1u) * x[(s.begin + i) * params.in_stride + column]);
    }
    let total = count * (count + 1u) / 2u - skip * (skip + 1u) / 2u;
    if (used > 0u) { y = quotient(y, f32(total)); }
  } else if (KIND == 4u || KIND == 8u) {
    for (var i = skip; i < count; i++) { y += x[(s.begin + i) * params.in_stride + column]; }
    if (used > 0u && KIND == 4u) { y = quotient(y, f32(used)); }
    if (used > 0u && KIND == 8u) { y = quotient(y, root(f32(used))); }
  }
  out[group.y * params.out_stride + params.out_column + column] = y;
}
