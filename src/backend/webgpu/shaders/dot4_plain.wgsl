// The product of four signed bytes by four: behind a shader that calls it, on any device.

fn bytes_of(a: u32) -> vec4i { return (vec4i(bitcast<i32>(a)) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u); }

fn dot4(a: u32, b: u32) -> i32 {
  let products = bytes_of(a) * bytes_of(b);
  return products.x + products.y + products.z + products.w;
}
