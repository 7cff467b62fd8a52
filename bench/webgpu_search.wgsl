// The best rows of 1,024 by their dot products with a query, in 8-bit integers: one workgroup. Words
// of four dimensions lie rows side by side, [words, rows], so that neighbours read what is next to
// each other.

const ROWS = 1024u;  // of a workgroup
const LANES = 256u;
override K: u32 = 10u;

struct Params {
  rows: u32,
  words: u32,  // of a row
}

struct Hit {
  score: f32,
  row: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> query: array<u32>;
@group(0) @binding(4) var<storage, read_write> hits: array<Hit>;

var<workgroup> scores: array<f32, ROWS>;
var<workgroup> best: array<Hit, LANES>;

const NONE = -3.0e38;

// By score, then by row.
fn better(a: Hit, b: Hit) -> bool {
  return a.score > b.score || (a.score == b.score && a.row < b.row);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * ROWS;
  for (var i = lane; i < ROWS; i += LANES) {
    let row = first + i;
    var score = NONE;
    if (row < params.rows) {
      var sum = 0;
      for (var w = 0u; w < params.words; w++) {
        sum += dot4I8Packed(rows[w * params.rows + row], query[w]);
      }
      score = scales[row] * f32(sum);
    }
    scores[i] = score;
  }
  for (var k = 0u; k < K; k++) {
    var own = Hit(NONE, 0xffffffffu);
    for (var i = lane; i < ROWS; i += LANES) {
      let hit = Hit(scores[i], first + i);
      if (better(hit, own)) { own = hit; }
    }
    best[lane] = own;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      if (lane < half && better(best[lane + half], best[lane])) { best[lane] = best[lane + half]; }
      workgroupBarrier();
    }
    if (lane == 0u) {
      hits[group.x * K + k] = best[0];
      if (best[0].score > NONE) { scores[best[0].row - first] = NONE; }
    }
    workgroupBarrier();
  }
}
