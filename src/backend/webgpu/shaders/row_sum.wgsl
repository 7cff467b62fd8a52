// The sum of what 64 invocations have each, in one fixed order: behind a shader that calls it.

var<workgroup> partial_sums: array<f32, 64>;

fn sum_of_all(x: f32, index: u32) -> f32 {
  partial_sums[index] = x;
  workgroupBarrier();
  for (var step = 32u; step > 0u; step /= 2u) {
    if (index < step) { partial_sums[index] += partial_sums[index + step]; }
    workgroupBarrier();
  }
  let sum = partial_sums[0];
  workgroupBarrier();  // before it is written again
  return sum;
}
