// Products straight from the buffers, through the caches: a barrier for every few columns of A costs
// more than workgroup memory gains, on some devices. For gemm.wgsl, behind what says of which numbers.
//
// A workgroup is 16 x 8 invocations, each of which has 4 columns of 2 ROWS rows, whose sums are
// variables of their own: a loop over an array of them would keep it in memory where compilers do not
// unroll. Each sum runs over k in order: how many rows there are, and ROWS, change nothing in a row's
// bits.

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
  var s0: Sum;
  var s1: Sum;
  var s2: Sum;
  var s3: Sum;
  var s4: Sum;
  var s5: Sum;
  var s6: Sum;
  var s7: Sum;
  let whole = params.k / 4u;
  var at = column;
  for (var p = 0u; p < whole; p++) {
    let block = block_at(at);
    at += STEP * params.n4;
    s0 = add(s0, part_at(a0 + p), block);
    s1 = add(s1, part_at(a1 + p), block);
    if (ROWS > 1u) {
      s2 = add(s2, part_at(a2 + p), block);
      s3 = add(s3, part_at(a3 + p), block);
    }
    if (ROWS > 2u) {
      s4 = add(s4, part_at(a4 + p), block);
      s5 = add(s5, part_at(a5 + p), block);
    }
    if (ROWS > 3u) {
      s6 = add(s6, part_at(a6 + p), block);
      s7 = add(s7, part_at(a7 + p), block);
    }
  }
  if (TAIL && params.k % 4u > 0u) {
    let block = last_block_at(at);
    s0 = add(s0, last_part_at(a0 + whole), block);
    s1 = add(s1, last_part_at(a1 + whole), block);
    s2 = add(s2, last_part_at(a2 + whole), block);
    s3 = add(s3, last_part_at(a3 + whole), block);
    s4 = add(s4, last_part_at(a4 + whole), block);
    s5 = add(s5, last_part_at(a5 + whole), block);
    s6 = add(s6, last_part_at(a6 + whole), block);
    s7 = add(s7, last_part_at(a7 + whole), block);
  }
  // What is done with them is long, and so a loop.
  var sums = array<Sum, 8>(s0, s1, s2, s3, s4, s5, s6, s7);
  for (var i = 0u; i < 2u * ROWS; i++) { store(row + 8u * i, column, sums[i]); }
}
