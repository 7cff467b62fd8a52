enable f16;

// Products of f16: as gemm_f32.wgsl, but that B is f16, A becomes it, and products are added in f16 by
// fours of k; their sums, and all that follows, are f32.

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4h>;

alias Part = vec4h;
alias Sum = vec4f;
const STEP: u32 = 4u;
const TAIL: bool = true;

struct Block {
  b0: vec4h,
  b1: vec4h,
  b2: vec4h,
  b3: vec4h,
}

fn halved(x: vec4f) -> Part { return vec4h(clamp(x, vec4f(-65504.0), vec4f(65504.0))); }

fn part_at(at: u32) -> Part { return halved(a[at]); }

fn last_part_at(at: u32) -> Part {
  return halved(select(vec4f(0.0), a[at], vec4u(0u, 1u, 2u, 3u) < vec4u(params.k % 4u)));
}

fn block_at(at: u32) -> Block {
  return Block(b[at], b[at + params.n4], b[at + 2u * params.n4], b[at + 3u * params.n4]);
}

fn last_block_at(at: u32) -> Block {
  var block = Block(b[at], vec4h(0.0h), vec4h(0.0h), vec4h(0.0h));
  if (params.k % 4u > 1u) { block.b1 = b[at + params.n4]; }
  if (params.k % 4u > 2u) { block.b2 = b[at + 2u * params.n4]; }
  return block;
}

fn add(sum: Sum, x: Part, block: Block) -> Sum {
  return sum + vec4f(fma(vec4h(x.w), block.b3, fma(vec4h(x.z), block.b2,
                     fma(vec4h(x.y), block.b1, x.x * block.b0))));
}

fn result(row: u32, column: u32, sum: Sum) -> vec4f { return sum; }
