/* Model directories: the error for each file that says something wrong, and nothing left of
 * what was opened before it was met. */
#include "tiny_model.h"

/* Opening fails so, and leaves nothing behind. */
static void must_fail(model *m, lode_status status, const char *text) {
  const lode_status got = open_model(m);
  if (got != status || strstr(m->err.text, text) == NULL) {
    fail_msg("wanted %d \"%s\", got %d \"%s\"", status, text, got, m->err.text);
  }
  assert_null(m->dir.tensors.items);
  assert_null(m->dir.modules);
  assert_null(m->dir.arena.head);
}

#define DENSE "[" TRANSFORMER "," POOLING "," MODULE("2_Dense", "Dense") "]"

static const struct {
  const char *name; /* this file … */
  const char *text; /* … says this, or is gone */
  lode_status status;
  const char *error;
} wrong[] = {
    /* files that are not there, or are something else */
    {"config.json", NULL, LODE_E_NOT_FOUND, "config.json: no such file"},
    {"tokenizer.json", NULL, LODE_E_NOT_FOUND, "tokenizer.json: no such file, nor vocab.txt"},
    {"1_Pooling/config.json", NULL, LODE_E_NOT_FOUND, "1_Pooling/config.json: no such file"},
    {"model.safetensors", NULL, LODE_E_NOT_FOUND, "model.safetensors: no such file, nor"},
    {"model.safetensors", "version https://git-lfs.github.com/spec/v1\n", LODE_E_FORMAT,
     "model.safetensors: is a Git LFS pointer"},
    {"model.safetensors", "<html>", LODE_E_FORMAT, "model.safetensors: is an HTML page"},
    {"tokenizer.json", "version https://git-lfs.github.com/spec/v1\n", LODE_E_FORMAT,
     "tokenizer.json: is a Git LFS pointer"},
    {"config.json", "<!DOCTYPE html>", LODE_E_FORMAT, "config.json: is an HTML page"},
    {"modules.json", "version https://git-lfs.github.com/spec/v1\n", LODE_E_FORMAT,
     "modules.json: is a Git LFS pointer"},
    {"adapter_config.json", "{}", LODE_E_UNSUPPORTED, "adapter_config.json: PEFT adapters"},
    /* config.json */
    {"config.json", "", LODE_E_FORMAT, "config.json: malformed JSON at byte 0"},
    {"config.json", "{\"model_type\":\"bert\",}", LODE_E_FORMAT, "config.json: malformed JSON"},
    {"config.json", "[]", LODE_E_FORMAT, "config.json: is no JSON object"},
    {"config.json", "{}", LODE_E_FORMAT, "config.json: model_type: is missing"},
    {"config.json", "{\"model_type\":1}", LODE_E_FORMAT, "model_type: is no string"},
    {"config.json", "{\"model_type\":\"be\\u0000rt\"}", LODE_E_FORMAT, "NUL"},
    {"config.json", "{\"model_type\":\"t5\"}", LODE_E_UNSUPPORTED,
     "config.json: model_type: \"t5\" is not supported"},
    {"config.json", "{\"model_type\":\"bert\"}", LODE_E_FORMAT, "hidden_size: is missing"},
    {"config.json", "{\"model_type\":\"bert\",\"hidden_size\":-8}", LODE_E_FORMAT,
     "hidden_size: is missing or negative"},
    {"config.json", "{\"model_type\":\"bert\",\"hidden_size\":\"8\"}", LODE_E_FORMAT,
     "hidden_size: is no whole number"},
    {"config.json", "{\"model_type\":\"bert\",\"hidden_size\":8.5}", LODE_E_FORMAT,
     "hidden_size: is no whole number"},
    {"config.json", "{\"model_type\":\"bert\",\"hidden_size\":1e40}", LODE_E_FORMAT,
     "hidden_size: is no whole number"},
    {"config.json", "{\"model_type\":\"distilbert\",\"hidden_size\":8}", LODE_E_FORMAT,
     "dim: is missing"},
    /* modules.json */
    {"modules.json", "{}", LODE_E_FORMAT, "modules.json: is no JSON array"},
    {"modules.json", "[]", LODE_E_FORMAT, "modules.json: lists no module"},
    {"modules.json", "[1]", LODE_E_FORMAT, "modules.json: a module is no object"},
    {"modules.json", "[{\"path\":\"\"}]", LODE_E_FORMAT, "a module has no type"},
    {"modules.json", "[{\"type\":\"" ST "Transformer\"}]", LODE_E_FORMAT, "a module has no path"},
    {"modules.json", "[{\"type\":\"custom.Thing\",\"path\":\"\"}]", LODE_E_UNSUPPORTED,
     "module \"custom.Thing\" is Python code of the model's own"},
    {"modules.json", "[" POOLING "]", LODE_E_UNSUPPORTED, "the first module is Pooling"},
    {"modules.json", "[" MODULE("", "CLIPModel") "]", LODE_E_UNSUPPORTED,
     "the first module is CLIPModel"},
    {"config.json", "{\"model_type\":\"model2vec\"}", LODE_E_UNSUPPORTED, "model_type"},
    {"modules.json", "[" TRANSFORMER "," MODULE("1_CNN", "CNN") "]", LODE_E_UNSUPPORTED,
     "module CNN (1_CNN) is not supported"},
    {"modules.json", "[" MODULE("..", "Transformer") "]", LODE_E_FORMAT, "not the name of a file"},
    {"modules.json", "[" MODULE("/etc", "Transformer") "]", LODE_E_FORMAT, "not the name"},
    {"modules.json", "[" TRANSFORMER "," MODULE("../x", "Pooling") "]", LODE_E_FORMAT, "not the"},
    {"modules.json", "[" TRANSFORMER "," MODULE("../x", "Normalize") "]", LODE_E_FORMAT, "not the"},
    /* pooling */
    {"1_Pooling/config.json", "{\"word_embedding_dimension\":384}", LODE_E_FORMAT,
     "1_Pooling/config.json: word_embedding_dimension: is 384, but the transformer's vectors "
     "have 8"},
    {"1_Pooling/config.json", "{\"embedding_dimension\":9}", LODE_E_FORMAT, "is 9, but"},
    {"1_Pooling/config.json", "{\"pooling_mode\":\"median\"}", LODE_E_FORMAT, "is none of cls"},
    {"1_Pooling/config.json", "{\"pooling_mode\":7}", LODE_E_FORMAT, "is none of cls"},
    {"1_Pooling/config.json", "{\"pooling_mode\":[]}", LODE_E_FORMAT, "pooling_mode: is empty"},
    {"1_Pooling/config.json",
     "{\"pooling_mode\":[\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\","
     "\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\"]}",
     LODE_E_UNSUPPORTED, "pooling_mode: more than 16 modes"},
    {"1_Pooling/config.json", "{\"pooling_mode_cls_token\":1}", LODE_E_FORMAT,
     "pooling_mode_cls_token: is no true or false"},
    {"1_Pooling/config.json", "{\"include_prompt\":\"no\"}", LODE_E_FORMAT,
     "include_prompt: is no"},
    /* settings */
    {"sentence_bert_config.json", "{\"max_seq_length\":0}", LODE_E_FORMAT,
     "sentence_bert_config.json: max_seq_length: is no length"},
    {"sentence_bert_config.json", "{\"max_seq_length\":-5}", LODE_E_FORMAT, "is no length"},
    {"sentence_bert_config.json", "{\"max_seq_length\":1.5}", LODE_E_FORMAT, "is no length"},
    {"sentence_bert_config.json", "{\"max_seq_length\":\"128\"}", LODE_E_FORMAT, "is no number"},
    {"sentence_bert_config.json", "{\"do_lower_case\":1}", LODE_E_FORMAT, "do_lower_case: is no"},
    {"added_tokens.json", "<!DOCTYPE html>", LODE_E_FORMAT, "added_tokens.json: is an HTML page"},
    {"config_sentence_transformers.json", "{\"prompts\":[]}", LODE_E_FORMAT,
     "config_sentence_transformers.json: prompts: is no object"},
    {"config_sentence_transformers.json", "{\"prompts\":{\"a\":1}}", LODE_E_FORMAT,
     "prompts: \"a\" is no string"},
    {"config_sentence_transformers.json", "{\"prompts\":{\"a\":\"\\ud800\"}}", LODE_E_FORMAT,
     "prompts: \"a\" is no string"},
    {"config_sentence_transformers.json", "{\"prompts\":{\"a\\u0000\":\"\"}}", LODE_E_FORMAT,
     "NUL"},
    {"config_sentence_transformers.json",
     "{\"prompts\":{\"a\":\"x\"},\"default_prompt_name\":\"b\"}", LODE_E_FORMAT,
     "default_prompt_name: \"b\" is not among the prompts"},
    {"config_sentence_transformers.json", "{\"model_type\":\"SparseEncoder\"}", LODE_E_UNSUPPORTED,
     "\"SparseEncoder\" is no model of sentence embeddings"},
    {"config_sentence_transformers.json", "{\"truncate_dim\":-1}", LODE_E_FORMAT, "truncate_dim"},
    {"config_sentence_transformers.json", "{\"truncate_dim\":0}", LODE_E_FORMAT, "truncate_dim"},
    {"config_sentence_transformers.json", "{\"matryoshka_dims\":[0]}", LODE_E_FORMAT,
     "matryoshka_dims: is no list"},
};

static void refuses_wrong_files(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    model m;
    init(&m);
    put(&m, wrong[i].name, wrong[i].text);
    must_fail(&m, wrong[i].status, wrong[i].error);
    done(&m);
  }
}

/* 2_Dense/config.json: a good one is 8 -> 1 without bias. */
static const struct {
  const char *config;
  const char *weights; /* header of 32 bytes of data; NULL: no file */
  lode_status status;
  const char *error;
} wrong_dense[] = {
    {"{\"out_features\":1}", NULL, LODE_E_FORMAT, "2_Dense/config.json: in_features: is missing"},
    {"{\"in_features\":0,\"out_features\":1}", NULL, LODE_E_FORMAT, "in_features: is missing or"},
    {"{\"in_features\":8,\"out_features\":1e9}", NULL, LODE_E_FORMAT,
     "out_features: is missing or"},
    {"{\"in_features\":8,\"out_features\":1,\"activation_function\":\"torch.nn.Softsign\"}", NULL,
     LODE_E_UNSUPPORTED, "activation_function: \"torch.nn.Softsign\" is not supported"},
    {"{\"in_features\":8,\"out_features\":1,\"activation_function\":\"mine.Tanh\"}", NULL,
     LODE_E_UNSUPPORTED, "\"mine.Tanh\" is not supported"},
    {"{\"in_features\":8,\"out_features\":1,\"use_residual\":true}", NULL, LODE_E_UNSUPPORTED,
     "use_residual: true"},
    {"{\"in_features\":8,\"out_features\":1,\"module_input_name\":\"token_embeddings\"}", NULL,
     LODE_E_UNSUPPORTED, "module_input_name"},
    {"{\"in_features\":8,\"out_features\":1}", NULL, LODE_E_NOT_FOUND,
     "2_Dense/model.safetensors: no such file"},
    {"{\"in_features\":8,\"out_features\":1}", WEIGHTS("weight", "[1,8]", "32"), LODE_E_FORMAT,
     "2_Dense/model.safetensors: tensor \"linear.weight\": is missing"},
    {"{\"in_features\":8,\"out_features\":1}", WEIGHTS("linear.weight", "[1,8]", "32"),
     LODE_E_FORMAT, "2_Dense/model.safetensors: tensor \"linear.bias\": is missing"},
    {"{\"in_features\":8,\"out_features\":1}", WEIGHTS("linear.weight", "[1,9]", "36"),
     LODE_E_FORMAT, "2_Dense/model.safetensors: truncated"},
};

static void refuses_wrong_dense_layers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong_dense / sizeof wrong_dense[0]; i++) {
    model m;
    init(&m);
    put(&m, "modules.json", DENSE);
    put(&m, "2_Dense/config.json", wrong_dense[i].config);
    if (wrong_dense[i].weights != NULL) {
      put_weights(&m, "2_Dense/model.safetensors", wrong_dense[i].weights, 32);
    }
    must_fail(&m, wrong_dense[i].status, wrong_dense[i].error);
    done(&m);
  }
}

static void names_pickled_weights(void **state) {
  (void)state;
  model m;
  init(&m);
  put(&m, "model.safetensors", NULL);
  put(&m, "pytorch_model.bin", "PK");
  must_fail(&m, LODE_E_UNSUPPORTED, "pytorch_model.bin: pickled PyTorch weights are not read");
  done(&m);
  init(&m);
  put(&m, "modules.json", DENSE);
  put(&m, "2_Dense/config.json", "{\"in_features\":8,\"out_features\":1}");
  put(&m, "2_Dense/pytorch_model.bin", "PK");
  must_fail(&m, LODE_E_UNSUPPORTED, "2_Dense/pytorch_model.bin: pickled PyTorch weights");
  done(&m);
}

static void refuses_variants_of_bert(void **state) {
  (void)state;
  static const char *const variants[] = {"is_decoder", "add_cross_attention"};
  for (size_t i = 0; i < 2; i++) {
    model m;
    init(&m);
    char text[1024];
    char member[64];
    snprintf(member, sizeof member, "\"%s\":true", variants[i]);
    put_config(&m, text, sizeof text, member);
    must_fail(&m, LODE_E_UNSUPPORTED, variants[i]);
    done(&m);
  }
}

static void bounds_the_number_of_modules(void **state) {
  (void)state;
  char text[65 * 96] = "[" TRANSFORMER;
  size_t size = strlen(text);
  for (int i = 0; i < 64; i++) {
    size += (size_t)snprintf(text + size, sizeof text - size, "," POOLING);
  }
  snprintf(text + size, sizeof text - size, "]");
  model m;
  init(&m);
  put(&m, "modules.json", text);
  must_fail(&m, LODE_E_UNSUPPORTED, "lists more than 64 modules");
  done(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_wrong_files),          cmocka_unit_test(refuses_wrong_dense_layers),
      cmocka_unit_test(names_pickled_weights),        cmocka_unit_test(refuses_variants_of_bert),
      cmocka_unit_test(bounds_the_number_of_modules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
