// For attention of integers: what the values of a sequence are multiplied by to be bytes, and what a
// byte is, for each component of each head. A workgroup has a sequence and 64 components, of which 4
// invocations share the rows.

struct Params {
  sequences: u32,
  cols: u32,       // components
  in_stride: u32,
  in_column: u32,  // where a row has its values
  zero: u32,
}

struct Sequence {
  begin: u32,
  end: u32,
  skip: u32,
  unused: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sequences: array<Sequence>;
@group(0) @binding(2) var<storage, read> qkv: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec2f>;

var<workgroup> largest: array<f32, 256>;

@compute @workgroup_size(64, 4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u,
        @builtin(local_invocation_index) index: u32) {
  let column = group.x * 64u + local.x;
  let s = sequences[group.y];
  var most = 0.0f;
  if (column < params.cols) {
    for (var t = s.begin + local.y; t < s.end; t += 4u) {
      most = max(most, abs(qkv[t * params.in_stride + params.in_column + column]));
    }
  }
  largest[index] = most;
  workgroupBarrier();
  if (local.y > 0u || column >= params.cols) { return; }
  for (var i = 1u; i < 4u; i++) { most = max(most, largest[i * 64u + local.x]); }
  out[group.y * params.cols + column] = byte_scale(most);
}
