// 32 components of a head, and what attention does with them: behind a shader that has load().

// Not an array: where compilers do not unroll loops over it, it would be in memory.
struct Part {
  x0: vec4f,
  x1: vec4f,
  x2: vec4f,
  x3: vec4f,
  x4: vec4f,
  x5: vec4f,
  x6: vec4f,
  x7: vec4f,
}

fn load_part(at: u32, c: u32) -> Part {
  return Part(load(at, c), load(at, c + 4u), load(at, c + 8u), load(at, c + 12u),
              load(at, c + 16u), load(at, c + 20u), load(at, c + 24u), load(at, c + 28u));
}

fn no_part() -> Part {
  let x = vec4f(0.0);
  return Part(x, x, x, x, x, x, x, x);
}

// Four sums of products, which `sums` begin.
fn products(q: Part, k: Part, sums: vec4f) -> vec4f {
  var y = fma(q.x0, k.x0, sums);
  y = fma(q.x1, k.x1, y);
  y = fma(q.x2, k.x2, y);
  y = fma(q.x3, k.x3, y);
  y = fma(q.x4, k.x4, y);
  y = fma(q.x5, k.x5, y);
  y = fma(q.x6, k.x6, y);
  return fma(q.x7, k.x7, y);
}

fn added(s: Part, weight: f32, v: Part) -> Part {
  let w = vec4f(weight);
  return Part(fma(w, v.x0, s.x0), fma(w, v.x1, s.x1), fma(w, v.x2, s.x2), fma(w, v.x3, s.x3),
              fma(w, v.x4, s.x4), fma(w, v.x5, s.x5), fma(w, v.x6, s.x6), fma(w, v.x7, s.x7));
}
