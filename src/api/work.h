/* Work on a model that is done in steps, so that a thread that may not be blocked can do it. */
#ifndef LODE_API_WORK_H
#define LODE_API_WORK_H

#include <stdbool.h>

#include "base/error.h"

/* The first member of whatever the work has. */
struct lode_work {
  /* As far as it gets; with `wait` to its end, unless this thread cannot wait. Not called again
   * after *done or a failure. */
  lode_status (*poll)(lode_work *work, bool wait, bool *done, lode_error *err);
  void (*end)(lode_work *work); /* and frees it */
  bool over;
};

/* What the blocking functions are made of: `begun` is what their _begin has returned, and `work`
 * then comes to its end, and is freed. LODE_E_UNSUPPORTED: this thread cannot wait for a GPU. */
lode_status lode_work_finish(lode_status begun, lode_work *work, lode_error *err);

#endif
