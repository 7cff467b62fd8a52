#!/usr/bin/env python3
"""The constants of src/kernels/activation/math_constants.h, and the error of its polynomials.

    python3 tools/make_polynomials.py          # prints them
    python3 tools/make_polynomials.py --check  # compares them with the header: exit status 1
                                               # where they differ

Needs mpmath (Debian: python3-mpmath). Each polynomial is found by the Remez exchange
algorithm in 30 digits. Its coefficients are then rounded to f32 one by one, lowest order
first; after each rounding those that are left are fitted again, so that they make up for it.
The bound printed is that of the rounded polynomial in exact arithmetic.
"""

import argparse
import functools
import pathlib
import re
import struct
import sys

import mpmath as mp

mp.mp.dps = 30
UNIT = mp.mpf(2) ** -24
HEADER = pathlib.Path(__file__).parent.parent / "src/kernels/activation/math_constants.h"


def f32(x):
    """The f32 nearest to x, as an exact mpf."""
    return mp.mpf(struct.unpack("<f", struct.pack("<f", float(x)))[0])


def evaluate(coefficients, x):
    y = mp.mpf(0)
    for c in reversed(coefficients):
        y = y * x + c
    return y


def chebyshev_nodes(n, lo, hi):
    return [(lo + hi) / 2 - (hi - lo) / 2 * mp.cos(mp.pi * k / (n - 1)) for k in range(n)]


def extrema(error, lo, hi, samples):
    """Alternating local extrema of error over [lo, hi], found on a grid, then refined."""
    xs = chebyshev_nodes(samples, lo, hi)
    es = [error(x) for x in xs]
    found = []
    for i, e in enumerate(es):
        left = i == 0 or abs(e) >= abs(es[i - 1]) or mp.sign(e) != mp.sign(es[i - 1])
        right = i == samples - 1 or abs(e) > abs(es[i + 1]) or mp.sign(e) != mp.sign(es[i + 1])
        if not (left and right):
            continue
        x = xs[i]
        if 0 < i < samples - 1:  # vertex of the parabola through three samples
            x0, x2, e0, e2 = xs[i - 1], xs[i + 1], es[i - 1], es[i + 1]
            d = (x - x0) * (e - e2) - (x - x2) * (e - e0)
            if d != 0:
                v = x - ((x - x0) ** 2 * (e - e2) - (x - x2) ** 2 * (e - e0)) / (2 * d)
                if x0 < v < x2:
                    x = v
        point = (x, error(x))
        if found and mp.sign(found[-1][1]) == mp.sign(point[1]):
            if abs(point[1]) > abs(found[-1][1]):
                found[-1] = point
        else:
            found.append(point)
    return found


def remez(f, weight, fixed, free, lo, hi, samples=300, rounds=12):
    """Coefficients c[len(fixed) .. len(fixed) + free - 1] that make
    max |weight(x) (fixed(x) + sum c_k x^k - f(x))| least."""
    base = len(fixed)
    # Where base > 0 the powers that are left vanish at 0. Divided by x^base they are a Haar
    # system again, so that is what is fitted: the error alternates but for the sign of x^base.
    sign = lambda x: mp.sign(x) ** base if x != 0 else mp.mpf(1)
    points = chebyshev_nodes(free + 1, lo, hi)
    if base > 0:
        points = [x if abs(x) > hi / 1000 else hi / 1000 for x in points]
    best, least = None, mp.inf
    for _ in range(rounds):
        rows = mp.matrix(free + 1, free + 1)
        rhs = mp.matrix(free + 1, 1)
        for i, x in enumerate(points):
            for k in range(free):
                rows[i, k] = x ** (base + k)
            rows[i, free] = (-1) ** i * sign(x) / weight(x)
            rhs[i] = f(x) - evaluate(fixed, x)
        solution = mp.lu_solve(rows, rhs)
        c = [solution[k] for k in range(free)]
        error = lambda x: sign(x) * weight(x) * (evaluate(fixed + c, x) - f(x))
        found = extrema(error, lo, hi, samples)
        top = max(abs(e) for _, e in found)
        if top < least:
            best, least = c, top
        # What rounding has done to the fixed coefficients can stand above all that the free
        # ones can mend; then there are too few alternations, and the best so far is it.
        if top <= abs(solution[free]) * mp.mpf("1.001") or len(found) < free + 1:
            break
        while len(found) > free + 1:  # drop the smaller end; alternation stays
            found.pop(0 if abs(found[0][1]) < abs(found[-1][1]) else -1)
        points = [x for x, _ in found]
    return best


def fit(f, weight, degree, lo, hi):
    """An f32 polynomial for f, and max |weight(x) (polynomial(x) - f(x))|."""
    f, weight = functools.cache(f), functools.cache(weight)  # one grid serves all rounds
    fixed = []
    while len(fixed) < degree + 1:
        c = remez(f, weight, fixed, degree + 1 - len(fixed), lo, hi)
        fixed.append(f32(c[0]))
    error = lambda x: weight(x) * (evaluate(fixed, x) - f(x))
    return fixed, max(abs(e) for _, e in extrema(error, lo, hi, 3000))


def exp_constants():
    ln2 = mp.log(2)
    high = mp.nint(ln2 * 2**16) / 2**16  # 16 bits: times n, at most 8 bits, it is exact
    lowest = f32(-125 * ln2)
    if lowest < -125 * ln2:  # its exp must not be below 2^-125
        lowest = f32(lowest * (1 - UNIT))
    yield "EXP_LOG2E", f32(1 / ln2)
    yield "EXP_LN2_HIGH", high
    yield "EXP_LN2_LOW", f32(ln2 - high)
    yield "EXP_LOWEST", lowest

    # (exp(r) - 1) / r, with the error relative to it. n is rounded from a product that is
    # itself rounded, so r may exceed ln(2) / 2 by a little.
    g = lambda r: mp.expm1(r) / r if r != 0 else mp.mpf(1)
    reach = ln2 / 2 * (1 + mp.mpf(2) ** -14)
    coefficients, bound = fit(g, lambda r: 1 / g(r), 5, -reach, reach)
    print(f"/* (exp(r) - 1) / r: relative error {mp.nstr(bound / UNIT, 3)} x 2^-24 */")
    for k, c in enumerate(coefficients):
        yield f"EXP_G{k}", c


def exp2_constants():
    # 2^r on all of [0, 1), so that the whole part is what scaling by a power of two takes off.
    power = lambda r: mp.mpf(2) ** r
    coefficients, bound = fit(power, lambda r: 1 / power(r), 3, mp.mpf(0), mp.mpf(1))
    print(f"/* 2^r: relative error 2^{mp.nstr(mp.log(bound, 2), 4)} */")
    for k, c in enumerate(coefficients):
        yield f"EXP2_C{k}", c


def gelu_constants():
    # Phi(-a) = Q(a)^8, so an error e of Q is one of 8 Phi^(7/8) e of Phi. Relative to Phi it
    # may be as large as 2^-24 or so where Phi is large; where gelu is next to 0 or to x, it may
    # be relative to 0.02, or the degree would rise for digits that the sum x + .. cannot hold.
    power, floor, reach = 8, mp.mpf("0.02"), mp.mpf("6.5")
    phi = functools.cache(lambda a: mp.erfc(a / mp.sqrt(2)) / 2)
    root = lambda a: phi(a) ** (mp.mpf(1) / power)
    weight = lambda a: power * phi(a) ** (1 - mp.mpf(1) / power) / (phi(a) + floor)
    coefficients, bound = fit(root, weight, 8, mp.mpf(0), reach)
    print(f"/* Q(a)^8: error {mp.nstr(bound / UNIT, 3)} x 2^-24 (Phi(-a) + 0.02) */")
    zeros = mp.polyroots(coefficients[::-1], maxsteps=200, extraprec=200)
    yield "GELU_LIMIT", f32(min(mp.re(z) for z in zeros if abs(mp.im(z)) < UNIT and mp.re(z) > 0))
    for k, c in enumerate(coefficients):
        yield f"GELU_Q{k}", c

    slope = 2 * mp.sqrt(2 / mp.pi)
    yield "GELU_TANH_A", f32(slope)
    yield "GELU_TANH_B", f32(slope * mp.mpf("0.044715"))


def literal(x):
    mantissa, exponent = float(x).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}f"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the header")
    check = parser.parse_args().check
    header = dict(re.findall(r"#define LODE_(\w+) (-?0x\S+)f\n", HEADER.read_text()))
    wrong = 0
    for name, value in [*exp_constants(), *exp2_constants(), *gelu_constants()]:
        print(f"#define LODE_{name} {literal(value)}")
        if check and float.fromhex(header.get(name, "nan")) != float(value):
            print(f"{name}: the header has {header.get(name)}", file=sys.stderr)
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
