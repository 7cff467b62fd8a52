// y = A B, of integers, for gemm.wgsl: a LINEAR op without its norm. k counts words of four.
//
//   A [rows, k], signed bytes, a vec4 has 16 of a row; rows `a_stride` vec4s apart, a_scale [rows]
//   B [k, 4 n4], prepared: a word has 4 of a column, zeros to the right; scale [4 n4]
// Sums are exact; then each step is rounded: y = (sum a_scale) scale.
//
// A workgroup is 16 x 16 invocations, each of which has 4 columns of ROWS rows.

@group(0) @binding(1) var<storage, read> a: array<vec4u>;
@group(0) @binding(2) var<storage, read> b: array<vec4u>;
@group(0) @binding(6) var<storage, read> a_scale: array<f32>;
@group(0) @binding(7) var<storage, read> scale: array<vec4f>;

const DEPTH: u32 = 16u;  // words of k at a time
var<workgroup> a_tile: array<vec4u, 256>;  // [16 ROWS, DEPTH / 4]
var<workgroup> b_tile: array<vec4u, 256>;  // [DEPTH, 16]

fn load_a(row: u32, k: u32) -> vec4u {
  if (row >= params.rows || k >= params.a_stride) { return vec4u(0u); }
  return a[row * params.a_stride + k];
}

fn load_b(k: u32, column: u32) -> vec4u {
  if (k >= params.k || column >= params.n4) { return vec4u(0u); }
  return b[k * params.n4 + column];
}

fn dots(x: u32, y: vec4u) -> vec4i {
  return vec4i(dot4(x, y.x), dot4(x, y.y), dot4(x, y.z), dot4(x, y.w));
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) index: u32) {
  let row0 = group.y * 16u * ROWS;
  let column = group.x * 16u + local.x;
  var sum: array<vec4i, 4>;
  for (var k0 = 0u; k0 < params.k; k0 += DEPTH) {
    if (index < 64u * ROWS) { a_tile[index] = load_a(row0 + index / 4u, k0 / 4u + index % 4u); }
    b_tile[index] = load_b(k0 + local.y, column);
    workgroupBarrier();
    for (var p = 0u; p < DEPTH / 4u; p++) {
      let b0 = b_tile[p * 64u + local.x];
      let b1 = b_tile[p * 64u + 16u + local.x];
      let b2 = b_tile[p * 64u + 32u + local.x];
      let b3 = b_tile[p * 64u + 48u + local.x];
      for (var i = 0u; i < ROWS; i++) {
        let x = a_tile[(i * 16u + local.y) * 4u + p];
        sum[i] += dots(x.x, b0) + dots(x.y, b1) + dots(x.z, b2) + dots(x.w, b3);
      }
    }
    workgroupBarrier();
  }
  if (column >= params.n4) { return; }
  for (var i = 0u; i < ROWS; i++) {
    let row = row0 + i * 16u + local.y;
    if (row >= params.rows) { break; }
    store(row, column, kept4(kept4(vec4f(sum[i]) * a_scale[row]) * scale[column]));
  }
}
