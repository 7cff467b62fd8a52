// Products of f32: A [rows, k], B [k, 4 n4], prepared: W transposed, zeros to the right. Of A, what is
// behind k does not count, whatever it is. Sums are made by fused multiply-adds, in the order of k.

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;

alias Part = vec4f;
alias Sum = vec4f;
const STEP: u32 = 4u;
const TAIL: bool = true;

struct Block {
  b0: vec4f,
  b1: vec4f,
  b2: vec4f,
  b3: vec4f,
}

fn part_at(at: u32) -> Part { return a[at]; }

fn last_part_at(at: u32) -> Part {
  return select(vec4f(0.0), a[at], vec4u(0u, 1u, 2u, 3u) < vec4u(params.k % 4u));
}

fn block_at(at: u32) -> Block {
  return Block(b[at], b[at + params.n4], b[at + 2u * params.n4], b[at + 3u * params.n4]);
}

fn last_block_at(at: u32) -> Block {
  var block = Block(b[at], vec4f(0.0), vec4f(0.0), vec4f(0.0));
  if (params.k % 4u > 1u) { block.b1 = b[at + params.n4]; }
  if (params.k % 4u > 2u) { block.b2 = b[at + 2u * params.n4]; }
  return block;
}

fn add(sum: Sum, x: Part, block: Block) -> Sum {
  var y = fma(vec4f(x.x), block.b0, sum);
  y = fma(vec4f(x.y), block.b1, y);
  y = fma(vec4f(x.z), block.b2, y);
  return fma(vec4f(x.w), block.b3, y);
}

fn result(row: u32, column: u32, sum: Sum) -> vec4f { return sum; }
