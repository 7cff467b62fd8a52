// Activations: behind a shader that calls act(), with exact.wgsl. docs/numerics.md has the formulas,
// src/kernels/activation/math_constants.h the same numbers.

override ACT: u32 = 0u;  // lode_act

// max(x, 0) - t Phi(-t), t = |x|, Phi(-t) = q(t)^8.
fn gelu_erf(x: vec4f) -> vec4f {
  let t = min(abs(x), vec4f(0x1.0e56dcp+3f));
  let t2 = t * t;
  var even = kept4(t2 * -0x1.38e12ep-22f) + -0x1.f5c862p-15f;
  var odd = kept4(t2 * 0x1.f14adep-18f) + 0x1.133460p-15f;
  even = kept4(even * t2) + 0x1.8b1d04p-10f;
  odd = kept4(odd * t2) + -0x1.61f62ep-11f;
  even = kept4(even * t2) + -0x1.058a1ap-5f;
  odd = kept4(odd * t2) + -0x1.769c94p-4f;
  even = kept4(even * t2) + 0x1.d5818ep-1f;
  var q = kept4(odd * t) + even;
  q = q * q;
  q = q * q;
  q = q * q;
  return max(x, vec4f(0.0)) - kept4(t * q);
}

// exp(r) - 1, where x = n ln 2 + r.
fn exp_rest(x: vec4f, n: vec4f) -> vec4f {
  let r = (x - kept4(n * 0x1.62e4p-1f)) - kept4(n * 0x1.7f7d1cp-20f);
  let r2 = kept4(r * r);
  let even = kept4((kept4(r2 * 0x1.6c0502p-10f) + 0x1.5556acp-5f) * r2) + 0x1.fffffep-2f;
  let odd = kept4(r2 * 0x1.122b34p-7f) + 0x1.5554b8p-3f;
  return kept4((kept4(odd * r) + even) * r2) + r;
}

fn whole_of(x: vec4f) -> vec4f { return round(x * 0x1.715476p+0f); }

fn power_of_two(n: vec4f) -> vec4f { return bitcast<vec4f>(vec4u(vec4i(n) + 127) << vec4u(23u)); }

// exp(x), -86.6 <= x <= 88
fn exp_of(x: vec4f) -> vec4f {
  if (!EXACT) { return exp(x); }
  let n = whole_of(x);
  return kept4(kept4(exp_rest(x, n)) + 1.0) * power_of_two(n);
}

fn tanh_of(x: vec4f) -> vec4f {
  let y = clamp(x, vec4f(-10.0), vec4f(10.0));
  if (!EXACT) { return tanh(y); }
  let n = whole_of(y + y);
  let power = power_of_two(n);
  let m = kept4(power * exp_rest(y + y, n)) + (power - 1.0);
  return quotient4(m, m + 2.0);
}

// x / (1 + exp(y)); what is beyond f32 may be anything in WGSL, so y has an end.
fn logistic(x: vec4f, y: vec4f) -> vec4f {
  return quotient4(max(x, vec4f(-128.0)), exp_of(clamp(y, vec4f(-86.0), vec4f(88.0))) + 1.0);
}

fn act(x: vec4f) -> vec4f {
  switch ACT {
    case 1u: { return gelu_erf(x); }
    case 2u: {
      return logistic(x, kept4(x * (-0x1.988454p+0f - kept4(kept4(x * x) * 0x1.2444f2p-4f))));
    }
    case 3u: { return max(x, vec4f(0.0)); }
    case 4u: { return tanh_of(x); }
    case 5u: { return logistic(x, -x); }
    case 6u: { return logistic(vec4f(1.0), -x); }
    default: { return x; }
  }
}
