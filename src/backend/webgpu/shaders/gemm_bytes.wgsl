// What products of integers multiply; behind a shader that says how.
//
//   A [rows, k], signed bytes, a word has 4 of a row; a_scale [rows]
//   B [k, 4 n4], prepared: a word has 4 of a column, zeros to the right; scale [4 n4]
// k is a multiple of 4: zeros are behind the last. Sums are exact; then each step is rounded:
// y = (sum a_scale) scale.

@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<vec4u>;
@group(0) @binding(6) var<storage, read> a_scale: array<f32>;
@group(0) @binding(7) var<storage, read> scale: array<vec4f>;

const STEP: u32 = 1u;
const TAIL: bool = false;

fn last_part_at(at: u32) -> Part { return part_at(at); }
fn last_block_at(at: u32) -> Block { return block_at(at); }

fn result(row: u32, column: u32, sum: Sum) -> vec4f {
  return kept4(kept4(vec4f(sum) * a_scale[row]) * scale[column]);
}
