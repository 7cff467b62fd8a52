// Arithmetic with the bits of IEEE 754, each step rounded by itself, which WGSL does not promise:
// it may fuse and reorder, and divides as it likes. Behind a shader whose params have `zero`.

override EXACT: bool = false;  // else whatever the device does

// x, behind which no compiler sees: what is done with it is not fused with what made it.
fn kept(x: f32) -> f32 {
  if (!EXACT) { return x; }
  return bitcast<f32>(bitcast<u32>(x) ^ params.zero);
}

fn kept4(x: vec4f) -> vec4f {
  if (!EXACT) { return x; }
  return bitcast<vec4f>(bitcast<vec4u>(x) ^ vec4u(params.zero));
}

// Of normal numbers: 24 bits, and the exponent as it is stored.
fn digits(x: f32) -> u32 { return (bitcast<u32>(x) & 0x7fffffu) | 0x800000u; }
fn exponent(x: f32) -> i32 { return i32((bitcast<u32>(x) >> 23u) & 255u); }

// The digits of what is near a number of exponent `e`, as many as that has: within 8 of its own.
fn digits_at(near: f32, e: i32) -> u32 {
  let d = digits(near);
  let above = exponent(near) - e;
  return select(select(d, d << 1u, above > 0), d >> 1u, above < 0);
}

fn number(q: u32, e: i32) -> f32 { return bitcast<f32>((u32(e) << 23u) + q - 0x800000u); }

// a / b: the device's own is near; what it leaves, which fits 32 bits, says how far off it is.
fn quotient(a: f32, b: f32) -> f32 {
  let near = a / b;
  if (!EXACT) { return near; }
  let ea = exponent(a);
  let eb = exponent(b);
  let da = digits(a);
  let db = digits(b);
  let less = da < db;
  let e = ea - eb + select(127, 126, less);
  if (ea == 0 || eb == 0 || ea == 255 || eb == 255 || e < 2 || e > 252) { return near; }
  var q = digits_at(near, e);
  var rest = i32((da << select(23u, 24u, less)) - q * db);
  for (var i = 0; i < 8; i++) {
    if (rest < 0) {
      q--;
      rest += i32(db);
    } else if (rest >= i32(db)) {
      q++;
      rest -= i32(db);
    }
  }
  if (2 * rest > i32(db)) { q++; }
  let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & 0x80000000u;
  return bitcast<f32>(bitcast<u32>(number(q, e)) | sign);
}

fn quotient4(a: vec4f, b: vec4f) -> vec4f {
  return vec4f(quotient(a.x, b.x), quotient(a.y, b.y), quotient(a.z, b.z), quotient(a.w, b.w));
}

// sqrt(x), likewise.
fn root(x: f32) -> f32 {
  let near = sqrt(x);
  let ex = exponent(x);
  if (!EXACT || ex == 0 || ex == 255) { return near; }
  let odd = (ex & 1) == 0;  // of the exponent less 127
  let e = (ex + select(127, 126, odd)) / 2;
  var q = digits_at(near, e);
  var rest = i32((digits(x) << select(23u, 24u, odd)) - q * q);
  for (var i = 0; i < 8; i++) {
    if (rest < 0) {
      q--;
      rest += i32(2u * q + 1u);
    } else if (rest > i32(2u * q)) {
      rest -= i32(2u * q + 1u);
      q++;
    }
  }
  return number(select(q, q + 1u, rest > i32(q)), e);
}
