// The product of four signed bytes by four: behind a shader that calls it, on a device that can.

fn dot4(a: u32, b: u32) -> i32 { return dot4I8Packed(a, b); }
