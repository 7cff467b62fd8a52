/* The model inside the program. */
#ifndef LODE_CLI_BUILTIN_H
#define LODE_CLI_BUILTIN_H

#include "lode.h"

/* What --model calls it. A folder of that name is "./builtin". */
#define CLI_BUILTIN "builtin"

/* The file NAME.lode-model, for lode_model_open_memory. NULL: the program was built without. */
const lode_file_data *cli_builtin_model(void);

#endif
