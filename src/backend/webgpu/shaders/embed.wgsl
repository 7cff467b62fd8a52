// out[t] = norm(word[id_t] + type[type_t] + position[position_t]), for the tokens whose id is in
// the part of the word table that is bound: rows [first, first + count). A workgroup has a token.

override WORD: u32 = 0u;  // elements of the word table: 0 f32, 1 f16, 2 bf16, 3 s8 with scales
override POSITION: bool = true;
override TYPE: bool = true;
override NORM: bool = true;
override BETA: bool = true;

struct Params {
  rows: u32,
  cols: u32,
  out_stride: u32,
  first: u32,
  count: u32,
  eps: f32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<vec4u>;  // id, position, type
@group(0) @binding(2) var<storage, read> word: array<u32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> position: array<f32>;
@group(0) @binding(5) var<storage, read> types: array<f32>;
@group(0) @binding(6) var<storage, read> gamma: array<f32>;
@group(0) @binding(7) var<storage, read> beta: array<f32>;
@group(0) @binding(8) var<storage, read_write> out: array<f32>;

fn word_at(row: u32, column: u32) -> f32 {
  let at = row * params.cols + column;
  switch WORD {
    case 1u: { return unpack2x16float(word[at / 2u])[at % 2u]; }
    case 2u: { return bitcast<f32>((word[at / 2u] >> (at % 2u * 16u)) << 16u); }
    case 3u: {
      return kept(f32(extractBits(bitcast<i32>(word[at / 4u]), at % 4u * 8u, 8u)) * scale[row]);
    }
    default: { return bitcast<f32>(word[at]); }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) index: u32) {
  let t = group.y * groups.x + group.x;
  if (t >= params.rows) { return; }
  let token = tokens[t];
  if (token.x < params.first || token.x - params.first >= params.count) { return; }
  let to = t * params.out_stride;
  var sum = 0.0f;
  for (var j = index; j < params.cols; j += 64u) {
    var x = word_at(token.x - params.first, j);
    if (TYPE) { x += types[token.z * params.cols + j]; }
    if (POSITION) { x += position[token.y * params.cols + j]; }
    out[to + j] = x;
    sum += x;
  }
  if (!NORM) { return; }
  let mean = quotient(sum_of_all(sum, index), f32(params.cols));
  var squares = 0.0f;
  for (var j = index; j < params.cols; j += 64u) {
    let d = out[to + j] - mean;
    squares += kept(d * d);
  }
  let variance = quotient(sum_of_all(squares, index), f32(params.cols));
  let factor = quotient(1.0, root(variance + params.eps));
  for (var j = index; j < params.cols; j += 64u) {
    var z = kept(kept((out[to + j] - mean) * factor) * gamma[j]);
    if (BETA) { z += beta[j]; }
    out[to + j] = z;
  }
}
