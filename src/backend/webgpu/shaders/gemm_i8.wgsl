// Products of integers, by dot4(): A and B as gemm_bytes.wgsl has them.

alias Part = u32;
alias Block = vec4u;
alias Sum = vec4i;

fn part_at(at: u32) -> Part { return a[at]; }
fn block_at(at: u32) -> Block { return b[at]; }

fn add(sum: Sum, x: Part, block: Block) -> Sum {
  return sum + vec4i(dot4(x, block.x), dot4(x, block.y), dot4(x, block.z), dot4(x, block.w));
}
