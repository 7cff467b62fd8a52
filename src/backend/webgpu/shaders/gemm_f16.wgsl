enable f16;

// y = A B, of numbers of 16 bits, for gemm.wgsl: a LINEAR op without its norm. As gemm_f32.wgsl, but
// that B is f16, A becomes it, and products are added in f16 by fours of k; their sums, and all that
// follows, are f32.
//
// A workgroup is 16 x 16 invocations, each of which has 4 columns of ROWS rows.

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4h>;

const DEPTH: u32 = 16u;  // of k at a time
var<workgroup> a_tile: array<vec4h, 256>;  // [16 ROWS, DEPTH / 4]
var<workgroup> b_tile: array<vec4h, 256>;  // [DEPTH, 16]

fn load_a(row: u32, k: u32) -> vec4h {
  if (row >= params.rows || k >= params.k) { return vec4h(0.0h); }
  let x = clamp(a[row * params.a_stride + k / 4u], vec4f(-65504.0), vec4f(65504.0));
  return vec4h(select(vec4f(0.0), x, k + vec4u(0u, 1u, 2u, 3u) < vec4u(params.k)));
}

fn load_b(k: u32, column: u32) -> vec4h {
  if (k >= params.k || column >= params.n4) { return vec4h(0.0h); }
  return b[k * params.n4 + column];
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) index: u32) {
  let row0 = group.y * 16u * ROWS;
  let column = group.x * 16u + local.x;
  var sum: array<vec4f, 4>;
  for (var k0 = 0u; k0 < params.k; k0 += DEPTH) {
    if (index < 64u * ROWS) { a_tile[index] = load_a(row0 + index / 4u, k0 + index % 4u * 4u); }
    b_tile[index] = load_b(k0 + local.y, column);
    workgroupBarrier();
    for (var p = 0u; p < DEPTH / 4u; p++) {
      let b0 = b_tile[p * 64u + local.x];
      let b1 = b_tile[p * 64u + 16u + local.x];
      let b2 = b_tile[p * 64u + 32u + local.x];
      let b3 = b_tile[p * 64u + 48u + local.x];
      for (var i = 0u; i < ROWS; i++) {
        let x = a_tile[(i * 16u + local.y) * 4u + p];
        sum[i] += vec4f(fma(vec4h(x.w), b3, fma(vec4h(x.z), b2, fma(vec4h(x.y), b1, x.x * b0))));
      }
    }
    workgroupBarrier();
  }
  if (column >= params.n4) { return; }
  for (var i = 0u; i < ROWS; i++) { store(row0 + i * 16u + local.y, column, sum[i]); }
}
