#include "kernels/quantize/quantize_lanes.h"

const lode_quantize_kernel lode_quantize_ref = {.name = "ref", .features = 0, .rows = rows};
