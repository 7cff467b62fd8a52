// y = A B, in f32, for gemm.wgsl: a LINEAR op without its norm.
//
//   A [rows, k], rows `a_stride` apart     B [k, 4 n4], prepared: W transposed, zeros to the right
// Of A, what is behind k does not count, whatever it is.
//
// A workgroup is 16 x 8 invocations, each of which has 4 columns of 2 ROWS rows, whose sums are
// variables of their own: a loop over an array of them would keep it in memory where compilers do not
// unroll. A and B come straight from their buffers, through the caches: a barrier for every few
// columns of A costs more than workgroup memory gains. Each sum runs over k in order, by fused
// multiply-adds: how many rows there are, and ROWS, change nothing in a row's bits.

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;

// Where the row begins in A; of rows that are not there, the last one.
fn begin(row: u32) -> u32 {
  return min(row, params.rows - 1u) * params.a_stride;
}

// Four rows of B, from the next four of k.
struct Block {
  b0: vec4f,
  b1: vec4f,
  b2: vec4f,
  b3: vec4f,
}

fn add(sum: vec4f, x: vec4f, block: Block) -> vec4f {
  var y = fma(vec4f(x.x), block.b0, sum);
  y = fma(vec4f(x.y), block.b1, y);
  y = fma(vec4f(x.z), block.b2, y);
  return fma(vec4f(x.w), block.b3, y);
}

@compute @workgroup_size(16, 8)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = group.x * 16u + local.x;
  if (column >= params.n4) { return; }
  let row = group.y * 16u * ROWS + local.y;
  let a0 = begin(row);
  let a1 = begin(row + 8u);
  let a2 = begin(row + 16u);
  let a3 = begin(row + 24u);
  let a4 = begin(row + 32u);
  let a5 = begin(row + 40u);
  let a6 = begin(row + 48u);
  let a7 = begin(row + 56u);
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  var s4 = vec4f(0.0);
  var s5 = vec4f(0.0);
  var s6 = vec4f(0.0);
  var s7 = vec4f(0.0);
  let whole = params.k / 4u;
  var at = column;
  for (var p = 0u; p < whole; p++) {
    let block = Block(b[at], b[at + params.n4], b[at + 2u * params.n4], b[at + 3u * params.n4]);
    at += 4u * params.n4;
    s0 = add(s0, a[a0 + p], block);
    s1 = add(s1, a[a1 + p], block);
    if (ROWS > 1u) {
      s2 = add(s2, a[a2 + p], block);
      s3 = add(s3, a[a3 + p], block);
    }
    if (ROWS > 2u) {
      s4 = add(s4, a[a4 + p], block);
      s5 = add(s5, a[a5 + p], block);
    }
    if (ROWS > 3u) {
      s6 = add(s6, a[a6 + p], block);
      s7 = add(s7, a[a7 + p], block);
    }
  }
  for (var i = 0u; i < params.k % 4u; i++) {
    let y = b[at];
    at += params.n4;
    s0 = fma(vec4f(a[a0 + whole][i]), y, s0);
    s1 = fma(vec4f(a[a1 + whole][i]), y, s1);
    s2 = fma(vec4f(a[a2 + whole][i]), y, s2);
    s3 = fma(vec4f(a[a3 + whole][i]), y, s3);
    s4 = fma(vec4f(a[a4 + whole][i]), y, s4);
    s5 = fma(vec4f(a[a5 + whole][i]), y, s5);
    s6 = fma(vec4f(a[a6 + whole][i]), y, s6);
    s7 = fma(vec4f(a[a7 + whole][i]), y, s7);
  }
  store(row, column, s0);
  store(row + 8u, column, s1);
  if (ROWS > 1u) {
    store(row + 16u, column, s2);
    store(row + 24u, column, s3);
  }
  if (ROWS > 2u) {
    store(row + 32u, column, s4);
    store(row + 40u, column, s5);
  }
  if (ROWS > 3u) {
    store(row + 48u, column, s6);
    store(row + 56u, column, s7);
  }
}
