// Numbers as signed bytes, as src/kernels/quantize/quantize.h has it: behind a shader that calls it,
// with exact.wgsl.

// 127 / most, and most / 127: what a number is multiplied by, and what its byte is.
fn byte_scale(most: f32) -> vec2f {
  if (most < 1e-36) { return vec2f(0.0); }
  return vec2f(quotient(127.0, most), quotient(most, 127.0));
}

fn rounded(x: vec4f) -> vec4f { return round(clamp(x, vec4f(-127.0), vec4f(127.0))); }

fn packed(x: vec4f) -> u32 {
  let b = bitcast<vec4u>(vec4i(rounded(x))) & vec4u(255u);
  return b.x | (b.y << 8u) | (b.z << 16u) | (b.w << 24u);
}
