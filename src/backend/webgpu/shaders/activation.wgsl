// Activations: behind a shader that calls act().

override ACT: u32 = 0u;  // lode_act

// max(x, 0) - t Phi(-t), t = |x|, Phi(-t) = q(t)^8; docs/numerics.md has the formula, and
// src/kernels/activation/math_constants.h the same numbers.
fn gelu_erf(x: vec4f) -> vec4f {
  let t = min(abs(x), vec4f(0x1.0e56dcp+3f));
  let t2 = t * t;
  var even = t2 * -0x1.38e12ep-22f + -0x1.f5c862p-15f;
  var odd = t2 * 0x1.f14adep-18f + 0x1.133460p-15f;
  even = even * t2 + 0x1.8b1d04p-10f;
  odd = odd * t2 + -0x1.61f62ep-11f;
  even = even * t2 + -0x1.058a1ap-5f;
  odd = odd * t2 + -0x1.769c94p-4f;
  even = even * t2 + 0x1.d5818ep-1f;
  var q = odd * t + even;
  q = q * q;
  q = q * q;
  q = q * q;
  return max(x, vec4f(0.0)) - t * q;
}

// x / (1 + exp(y)); what is beyond f32 may be anything in WGSL, so y has an end.
fn logistic(x: vec4f, y: vec4f) -> vec4f {
  return x / (exp(min(y, vec4f(80.0))) + 1.0);
}

fn act(x: vec4f) -> vec4f {
  switch ACT {
    case 1u: { return gelu_erf(x); }
    case 2u: { return logistic(x, x * (-0x1.988454p+0f - x * x * 0x1.2444f2p-4f)); }
    case 3u: { return max(x, vec4f(0.0)); }
    case 4u: { return tanh(clamp(x, vec4f(-10.0), vec4f(10.0))); }
    case 5u: { return logistic(x, -x); }
    case 6u: { return logistic(vec4f(1.0), -x); }
    default: { return x; }
  }
}
