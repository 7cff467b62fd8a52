/* Who computes what. Two ways, chosen by an estimate of when the last worker is done:
 *
 * batch mode    a worker takes a group of sequences through the whole program: no waiting
 *               for each other, packed weights reused over the group's rows;
 * latency mode  all workers share each op of one group after another: for few or unequal
 *               sequences, at the price of meeting after every op.
 *
 * Costs are in floating-point operations. */
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/cpu.h"

/* A pass over the packed weights costs at least about as much as this many tokens: that is
 * when reading them takes longer than computing. */
static const double PASS_TOKENS = 16.0;
/* Latency mode's loss to meetings and uneven shares. */
static const double TEAM_LOSS = 1.06;

static double sequence_cost(const lode_prepared *p, size_t tokens) {
  const double n = (double)tokens;
  return n * p->cost_per_token + n * n * p->cost_per_pair;
}

static size_t tokens_of(const lode_job *job, size_t s) {
  return job->start[s + 1] - job->start[s];
}

/* Costliest first; ties by position, so that the order is always the same. Sorting by counting
 * where lengths are small, which they are: no comparison function with state is needed. */
static bool sort_by_length(lode_cpu_schedule *schedule, const lode_job *job, size_t longest) {
  const size_t n = job->sequences;
  /* group_start serves as the counting array first */
  if (!lode_buffer_reserve(&schedule->order, n, sizeof(size_t), 0)) return false;
  const size_t slots = longest + 2 > n + 1 ? longest + 2 : n + 1;
  if (!lode_buffer_reserve(&schedule->group_start, slots, sizeof(size_t), 0)) return false;
  size_t *order = schedule->order.data;
  size_t *next = schedule->group_start.data; /* [longest + 2]: where length l's run goes on */
  memset(next, 0, (longest + 2) * sizeof *next);
  for (size_t s = 0; s < n; s++) next[longest - tokens_of(job, s) + 1]++;
  for (size_t i = 1; i <= longest; i++) next[i] += next[i - 1];
  for (size_t s = 0; s < n; s++) order[next[longest - tokens_of(job, s)]++] = s;
  return true;
}

/* Fill groups of up to `limit` tokens in order; returns their number. */
static size_t make_groups(lode_cpu_schedule *schedule, const lode_job *job, size_t limit) {
  const size_t *order = schedule->order.data;
  size_t *group_start = schedule->group_start.data;
  size_t groups = 0;
  size_t filled = 0;
  for (size_t i = 0; i < job->sequences; i++) {
    const size_t n = tokens_of(job, order[i]);
    const size_t tokens = n > 0 ? n : 1; /* groups have a bounded number of sequences, too */
    if (i == 0 || filled + tokens > limit) {
      group_start[groups++] = i;
      filled = 0;
    }
    filled += tokens;
  }
  group_start[groups] = job->sequences;
  return groups;
}

/* When the last worker is done if each takes the next group as it becomes free. */
static double batch_time(const lode_cpu_schedule *schedule, const lode_prepared *p,
                         const lode_job *job, int workers) {
  double busy[256] = {0};
  const size_t *order = schedule->order.data;
  const size_t *group_start = schedule->group_start.data;
  for (size_t g = 0; g < schedule->groups; g++) {
    double cost = PASS_TOKENS * p->cost_per_token;
    for (size_t i = group_start[g]; i < group_start[g + 1]; i++) {
      cost += sequence_cost(p, tokens_of(job, order[i]));
    }
    int first = 0;
    for (int w = 1; w < workers; w++) {
      if (busy[w] < busy[first]) first = w;
    }
    busy[first] += cost;
  }
  double last = 0;
  for (int w = 0; w < workers; w++) {
    if (busy[w] > last) last = busy[w];
  }
  return last;
}

static double team_time(const lode_prepared *p, const lode_job *job, int workers, size_t passes) {
  double cost = (double)passes * PASS_TOKENS * p->cost_per_token;
  for (size_t s = 0; s < job->sequences; s++) cost += sequence_cost(p, tokens_of(job, s));
  return cost / workers * TEAM_LOSS;
}

bool lode_cpu_schedule_make(lode_cpu_schedule *schedule, const lode_prepared *prepared,
                            const lode_job *job, int workers) {
  const size_t tokens = job->start[job->sequences];
  size_t longest = 0;
  for (size_t s = 0; s < job->sequences; s++) {
    if (tokens_of(job, s) > longest) longest = tokens_of(job, s);
  }
  if (!sort_by_length(schedule, job, longest)) return false;

  const size_t full = LODE_CPU_GROUP_TOKENS;
  schedule->groups = make_groups(schedule, job, full);
  schedule->latency = false;
  if (workers == 1) return true;

  /* Full groups, smaller ones that end more evenly, and equal shares. */
  const size_t share = (tokens + (size_t)workers - 1) / (size_t)workers;
  const size_t limits[] = {full, full / 2, full / 4, share, (share + 1) / 2};
  double best_time = team_time(prepared, job, workers, schedule->groups);
  size_t best_limit = 0; /* as a team */
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
    if (limits[i] > full) continue;
    schedule->groups = make_groups(schedule, job, limits[i]);
    const double time = batch_time(schedule, prepared, job, workers);
    if (time < best_time) {
      best_time = time;
      best_limit = limits[i];
    }
  }
  schedule->latency = best_limit == 0;
  schedule->groups = make_groups(schedule, job, schedule->latency ? full : best_limit);
  return true;
}

void lode_cpu_schedule_free(lode_cpu_schedule *schedule) {
  lode_buffer_free(&schedule->order);
  lode_buffer_free(&schedule->group_start);
}
