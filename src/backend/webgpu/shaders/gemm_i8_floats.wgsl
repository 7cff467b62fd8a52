// Products of integers, by f32: sums of up to 2096 products of 127 by 63 are below 2^24, and so exact.
// For devices that multiply floats faster than bytes. A and B as gemm_bytes.wgsl has them.

alias Part = vec4f;
alias Sum = vec4f;

struct Block {
  b0: vec4f,
  b1: vec4f,
  b2: vec4f,
  b3: vec4f,
}

fn part_at(at: u32) -> Part {
  return vec4f((vec4i(bitcast<i32>(a[at])) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

fn block_at(at: u32) -> Block {
  let words = bitcast<vec4i>(b[at]);
  return Block(vec4f((words << vec4u(24u)) >> vec4u(24u)), vec4f((words << vec4u(16u)) >> vec4u(24u)),
               vec4f((words << vec4u(8u)) >> vec4u(24u)), vec4f(words >> vec4u(24u)));
}

fn add(sum: Sum, x: Part, block: Block) -> Sum {
  var y = fma(vec4f(x.x), block.b0, sum);
  y = fma(vec4f(x.y), block.b1, y);
  y = fma(vec4f(x.z), block.b2, y);
  return fma(vec4f(x.w), block.b3, y);
}
