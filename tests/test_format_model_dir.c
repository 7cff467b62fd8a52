/* Model directories: what their files are understood to say. */
#include "tiny_model.h"

/* ---------------------------------------------------------------- the whole */

static void reads_a_model(void **state) {
  (void)state;
  model m;
  init(&m);
  must_open(&m);
  const lode_model_config *c = &m.dir.config;
  assert_string_equal(c->model_type, "bert");
  assert_int_equal(c->hidden_size, 8);
  assert_int_equal(c->layers, 2);
  assert_int_equal(c->heads, 4);
  assert_int_equal(c->intermediate_size, 16);
  assert_int_equal(c->vocab_size, 30);
  assert_int_equal(c->max_positions, 512);
  assert_int_equal(c->type_vocab_size, 2); /* transformers' defaults, from here */
  assert_int_equal(c->pad_token_id, 0);
  assert_true(c->layer_norm_eps == 1e-12);
  assert_int_equal(c->act, LODE_ACT_GELU_ERF);
  assert_string_equal(c->position_type, "absolute");
  assert_int_equal(m.dir.module_count, 1);
  assert_int_equal(m.dir.modules[0].kind, LODE_MODULE_POOLING);
  assert_int_equal(m.dir.modules[0].poolings.count, 1);
  assert_int_equal(m.dir.modules[0].poolings.kinds[0], LODE_POOL_MEAN);
  assert_true(m.dir.modules[0].include_prompt);
  assert_int_equal(m.dir.max_seq_length, 512);
  assert_false(m.dir.lower_case);
  assert_int_equal(m.dir.prompt_count, 0);
  assert_int_equal(m.dir.default_prompt, -1);
  assert_int_equal(m.dir.tokenizer_json.size, 2);
  assert_int_equal(m.dir.vocab_txt.size, 0);
  assert_non_null(lode_tensor_set_find(&m.dir.tensors, "w"));
  done(&m);
}

static void a_plain_transformer_gets_mean_pooling(void **state) {
  (void)state;
  model m;
  init(&m);
  put(&m, "modules.json", NULL);
  /* All of these are sentence-transformers' own, and without modules.json it ignores them. */
  put(&m, "1_Pooling/config.json", "not JSON");
  put(&m, "sentence_bert_config.json", "{\"max_seq_length\":7,\"do_lower_case\":true}");
  put(&m, "config_sentence_transformers.json", "{\"prompts\":{\"a\":\"b\"}}");
  must_open(&m);
  assert_int_equal(m.dir.module_count, 1);
  assert_int_equal(m.dir.modules[0].poolings.count, 1);
  assert_int_equal(m.dir.modules[0].poolings.kinds[0], LODE_POOL_MEAN);
  assert_int_equal(m.dir.max_seq_length, 512);
  assert_false(m.dir.lower_case);
  assert_int_equal(m.dir.prompt_count, 0);
  done(&m);
}

static void the_transformer_may_be_in_a_folder(void **state) {
  (void)state;
  model m;
  init(&m);
  put(&m, "modules.json", "[" MODULE("0_Transformer", "Transformer") "," POOLING "]");
  for (size_t i = 0; i < m.count; i++) {
    if (strcmp(m.files[i].name, "config.json") == 0) m.files[i].name = "0_Transformer/config.json";
    if (strcmp(m.files[i].name, "tokenizer.json") == 0) {
      m.files[i].name = "0_Transformer/tokenizer.json";
    }
    if (strcmp(m.files[i].name, "model.safetensors") == 0) {
      m.files[i].name = "0_Transformer/model.safetensors";
    }
  }
  put(&m, "0_Transformer/sentence_bert_config.json", "{\"max_seq_length\":99}");
  put(&m, "sentence_bert_config.json", "{\"max_seq_length\":7}");
  must_open(&m);
  assert_int_equal(m.dir.max_seq_length, 99);
  assert_int_equal(m.dir.tensors.count, 1);
  done(&m);
}

/* ---------------------------------------------------------------- config.json */

static void names_of_families(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *type;
    int64_t types;
    int64_t pad;
    double eps;
  } cases[] = {
      {"{\"model_type\":\"roberta\",\"hidden_size\":8,\"num_hidden_layers\":2,"
       "\"num_attention_heads\":4,\"intermediate_size\":16,\"vocab_size\":30,"
       "\"max_position_embeddings\":514,\"type_vocab_size\":1,\"layer_norm_eps\":1e-5}",
       "roberta", 1, 1, 1e-5},
      {"{\"model_type\":\"camembert\",\"hidden_size\":8,\"num_hidden_layers\":2,"
       "\"num_attention_heads\":4,\"intermediate_size\":16,\"vocab_size\":30,"
       "\"max_position_embeddings\":514,\"pad_token_id\":null}",
       "camembert", 2, -1, 1e-12},
      {"{\"model_type\":\"distilbert\",\"dim\":8,\"n_layers\":2,\"n_heads\":4,\"hidden_dim\":16,"
       "\"vocab_size\":30,\"max_position_embeddings\":512,\"activation\":\"gelu\","
       "\"layer_norm_eps\":0.5,\"type_vocab_size\":9}",
       "distilbert", 0, 0, 1e-12},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    model m;
    init(&m);
    put(&m, "config.json", cases[i].text);
    must_open(&m);
    const lode_model_config *c = &m.dir.config;
    assert_string_equal(c->model_type, cases[i].type);
    assert_int_equal(c->hidden_size, 8);
    assert_int_equal(c->layers, 2);
    assert_int_equal(c->heads, 4);
    assert_int_equal(c->intermediate_size, 16);
    assert_int_equal(c->type_vocab_size, cases[i].types);
    assert_int_equal(c->pad_token_id, cases[i].pad);
    assert_true(c->layer_norm_eps == cases[i].eps);
    done(&m);
  }
}

static void activations(void **state) {
  (void)state;
  static const struct {
    const char *name;
    lode_act act;
  } cases[] = {
      {"gelu", LODE_ACT_GELU_ERF},       {"gelu_new", LODE_ACT_GELU_TANH},
      {"gelu_fast", LODE_ACT_GELU_TANH}, {"gelu_pytorch_tanh", LODE_ACT_GELU_TANH},
      {"relu", LODE_ACT_RELU},           {"tanh", LODE_ACT_TANH},
      {"silu", LODE_ACT_SILU},           {"swish", LODE_ACT_SILU},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    model m;
    init(&m);
    char text[1024];
    const char *act = strstr(config_json, "\"gelu\"");
    snprintf(text, sizeof text, "%.*s\"%s\"}", (int)(act - config_json), config_json,
             cases[i].name);
    put(&m, "config.json", text);
    must_open(&m);
    assert_int_equal(m.dir.config.act, cases[i].act);
    done(&m);
  }
}

static void other_members_of_the_config(void **state) {
  (void)state;
  model m;
  init(&m);
  char text[1024];
  put_config(&m, text, sizeof text,
             "\"is_decoder\":false,\"add_cross_attention\":false,\"torch_dtype\":\"float32\","
             "\"matryoshka_dimensions\":[8,4,2],\"position_embedding_type\":\"relative_key\"");
  must_open(&m);
  assert_int_equal(m.dir.matryoshka_count, 3);
  assert_int_equal(m.dir.matryoshka_dims[2], 2);
  assert_string_equal(m.dir.config.position_type, "relative_key"); /* the model's to refuse */
  done(&m);
}

/* ---------------------------------------------------------------- modules */

static void poolings(void **state) {
  (void)state;
  static const struct {
    const char *config;
    lode_poolings poolings;
    bool include_prompt;
  } cases[] = {
      {"{\"pooling_mode_cls_token\":true}", {1, {LODE_POOL_CLS}}, true},
      {"{\"pooling_mode_max_tokens\":true}", {1, {LODE_POOL_MAX}}, true},
      {"{\"pooling_mode_mean_sqrt_len_tokens\":true}", {1, {LODE_POOL_MEAN_SQRT_LEN}}, true},
      {"{\"pooling_mode_weightedmean_tokens\":true}", {1, {LODE_POOL_WEIGHTED_MEAN}}, true},
      {"{\"pooling_mode_lasttoken\":true}", {1, {LODE_POOL_LAST}}, true},
      {"{\"pooling_mode_mean_tokens\":true,\"pooling_mode_cls_token\":true}",
       {2, {LODE_POOL_CLS, LODE_POOL_MEAN}},
       true},
      {"{\"pooling_mode_mean_tokens\":false,\"pooling_mode_cls_token\":false}",
       {1, {LODE_POOL_MEAN}},
       true},
      {"{}", {1, {LODE_POOL_MEAN}}, true},
      {"{\"embedding_dimension\":8,\"pooling_mode\":\"cls\",\"include_prompt\":false}",
       {1, {LODE_POOL_CLS}},
       false},
      {"{\"pooling_mode\":[\"lasttoken\"],\"pooling_mode_cls_token\":true}",
       {1, {LODE_POOL_LAST}},
       true},
      {"{\"pooling_mode\":[\"cls\",\"max\",\"mean\",\"mean_sqrt_len_tokens\",\"weightedmean\","
       "\"lasttoken\"]}",
       {6,
        {LODE_POOL_CLS, LODE_POOL_MAX, LODE_POOL_MEAN, LODE_POOL_MEAN_SQRT_LEN,
         LODE_POOL_WEIGHTED_MEAN, LODE_POOL_LAST}},
       true},
      {"{\"pooling_mode\":[\"mean\",\"cls\",\"mean\"]}",
       {3, {LODE_POOL_MEAN, LODE_POOL_CLS, LODE_POOL_MEAN}},
       true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    model m;
    init(&m);
    put(&m, "1_Pooling/config.json", cases[i].config);
    must_open(&m);
    const lode_poolings *got = &m.dir.modules[0].poolings;
    assert_int_equal(got->count, cases[i].poolings.count);
    for (size_t k = 0; k < got->count; k++) {
      assert_int_equal(got->kinds[k], cases[i].poolings.kinds[k]);
    }
    assert_int_equal(m.dir.modules[0].include_prompt, cases[i].include_prompt);
    done(&m);
  }
}

static void dense_layers(void **state) {
  (void)state;
  model m;
  init(&m);
  put(&m, "modules.json",
      "[" TRANSFORMER "," POOLING "," MODULE("2_Dense", "Dense") "," MODULE(
          "3_Dropout", "Dropout") ",{\"path\":\"4_Dense\",\"type\":\"sentence_transformers.base."
                                  "modules.dense.Dense\"}," MODULE("5_LayerNorm", "LayerNorm")
      "," MODULE("6_Normalize", "Normalize") "]");
  put(&m, "2_Dense/config.json",
      "{\"in_features\":8,\"out_features\":3,\"bias\":true,"
      "\"activation_function\":\"torch.nn.modules.activation.Tanh\"}");
  put_weights(&m, "2_Dense/model.safetensors",
              "{\"linear.weight\":{\"dtype\":\"F32\",\"shape\":[3,8],\"data_offsets\":[0,96]},"
              "\"linear.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[96,108]}}",
              108);
  put(&m, "4_Dense/config.json",
      "{\"in_features\":3,\"out_features\":5,\"bias\":false,"
      "\"activation_function\":\"torch.nn.modules.linear.Identity\"}");
  put_weights(&m, "4_Dense/model.safetensors", WEIGHTS("linear.weight", "[5,3]", "60"), 60);
  put(&m, "5_LayerNorm/config.json", "{\"dimension\":5}");
  put_weights(&m, "5_LayerNorm/model.safetensors",
              "{\"norm.weight\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,20]},"
              "\"norm.bias\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[20,40]}}",
              40);
  must_open(&m);
  assert_int_equal(m.dir.module_count, 5); /* Dropout does nothing */
  const lode_module *first = &m.dir.modules[1];
  assert_int_equal(first->kind, LODE_MODULE_DENSE);
  assert_int_equal(first->in_features, 8);
  assert_int_equal(first->out_features, 3);
  assert_int_equal(first->act, LODE_ACT_TANH);
  assert_int_equal(first->weight.size, 96);
  assert_int_equal(first->bias.size, 12);
  const lode_module *second = &m.dir.modules[2];
  assert_int_equal(second->act, LODE_ACT_NONE);
  assert_int_equal(second->weight.shape[0], 5);
  assert_null(second->bias.data);
  const lode_module *norm = &m.dir.modules[3];
  assert_int_equal(norm->kind, LODE_MODULE_LAYER_NORM);
  assert_int_equal(norm->in_features, 5);
  assert_int_equal(norm->out_features, 5);
  assert_int_equal(norm->bias.size, 20);
  assert_int_equal(m.dir.modules[4].kind, LODE_MODULE_NORMALIZE);
  done(&m);
}

static void activations_of_dense(void **state) {
  (void)state;
  static const struct {
    const char *config;
    lode_act act;
  } cases[] = {
      {"{\"in_features\":8,\"out_features\":1,\"bias\":false}", LODE_ACT_TANH},
      {"{\"in_features\":8,\"out_features\":1,\"bias\":false,\"activation_function\":"
       "\"torch.nn.modules.activation.GELU\"}",
       LODE_ACT_GELU_ERF},
      {"{\"in_features\":8,\"out_features\":1,\"bias\":false,\"activation_function\":"
       "\"torch.nn.ReLU\"}",
       LODE_ACT_RELU},
      {"{\"in_features\":8,\"out_features\":1,\"bias\":false,\"activation_function\":"
       "\"torch.nn.modules.activation.Sigmoid\"}",
       LODE_ACT_SIGMOID},
      {"{\"in_features\":8,\"out_features\":1,\"bias\":false,\"activation_function\":"
       "\"torch.nn.modules.activation.SiLU\"}",
       LODE_ACT_SILU},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    model m;
    init(&m);
    put(&m, "modules.json", "[" TRANSFORMER "," POOLING "," MODULE("2_Dense", "Dense") "]");
    put(&m, "2_Dense/config.json", cases[i].config);
    put_weights(&m, "2_Dense/model.safetensors", WEIGHTS("linear.weight", "[1,8]", "32"), 32);
    must_open(&m);
    assert_int_equal(m.dir.modules[1].act, cases[i].act);
    done(&m);
  }
}

/* ---------------------------------------------------------------- settings */

static void lengths(void **state) {
  (void)state;
  static const struct {
    const char *module;    /* sentence_bert_config.json, or NULL */
    const char *tokenizer; /* tokenizer_config.json, or NULL */
    int64_t length;
  } cases[] = {
      {NULL, NULL, 512},
      {"{\"max_seq_length\":128}", NULL, 128},
      {"{\"max_seq_length\":128}", "{\"model_max_length\":64}", 128},
      {"{\"max_seq_length\":null}", "{\"model_max_length\":64}", 64},
      {"{\"do_lower_case\":false}", "{\"model_max_length\":64}", 64},
      {NULL, "{\"model_max_length\":1024}", 512},
      {NULL, "{\"model_max_length\":1000000000000000019884624838656}", 512},
      {NULL, "{\"model_max_length\":256.0}", 256},
      {NULL, "{\"max_len\":100}", 100},
      {NULL, "{}", 512},
      {"{}", "{\"model_max_length\":64}", 64},
      {"{\"max_seq_length\":9999}", NULL, 9999}, /* as it says: the model's to bound */
      {"{\"max_seq_length\":9,\"tokenizer_args\":{\"model_max_length\":11}}", NULL, 11},
      {"{\"max_seq_length\":9,\"processor_kwargs\":{\"model_max_length\":12}}", NULL, 12},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    model m;
    init(&m);
    put(&m, "sentence_bert_config.json", cases[i].module);
    put(&m, "tokenizer_config.json", cases[i].tokenizer);
    must_open(&m);
    if (m.dir.max_seq_length != cases[i].length) fail_msg("case %zu", i);
    done(&m);
  }
}

static void older_names_of_the_module_config(void **state) {
  (void)state;
  model m;
  init(&m);
  put(&m, "sentence_bert_config.json", "{}"); /* empty: looked for further */
  put(&m, "sentence_xlm-roberta_config.json", "{\"max_seq_length\":5,\"do_lower_case\":true}");
  put(&m, "sentence_xlnet_config.json", "{\"max_seq_length\":6}");
  must_open(&m);
  assert_int_equal(m.dir.max_seq_length, 5);
  assert_true(m.dir.lower_case);
  done(&m);
}

static void tokenizer_files(void **state) {
  (void)state;
  model m;
  init(&m);
  must_open(&m);
  assert_null(m.dir.tokenizer_config.data);
  assert_null(m.dir.special_tokens.data);
  assert_null(m.dir.added_tokens.data);
  assert_null(m.dir.vocab_txt.data);
  assert_null(m.dir.tokenizer_class);
  done(&m);

  init(&m);
  put(&m, "tokenizer.json", NULL);
  put(&m, "vocab.txt", "[PAD]\n");
  put(&m, "tokenizer_config.json", "{\"do_lower_case\":false}");
  put(&m, "special_tokens_map.json", "{}");
  put(&m, "added_tokens.json", "");
  must_open(&m);
  assert_null(m.dir.tokenizer_json.data);
  assert_int_equal(m.dir.vocab_txt.size, 6);
  assert_int_equal(m.dir.tokenizer_config.size, 23);
  assert_int_equal(m.dir.special_tokens.size, 2);
  assert_non_null(m.dir.added_tokens.data); /* empty, but there */
  assert_int_equal(m.dir.added_tokens.size, 0);
  done(&m);
}

static void prompts(void **state) {
  (void)state;
  model m;
  init(&m);
  put(&m, "config_sentence_transformers.json",
      "{\"__version__\":{},\"prompts\":{\"query\":\"query: \",\"title\":\"a\\u0000\\u00e9\","
      "\"document\":null},\"default_prompt_name\":\"query\",\"truncate_dim\":4,"
      "\"matryoshka_dims\":[8,4]}");
  must_open(&m);
  assert_int_equal(m.dir.prompt_count, 3);
  assert_string_equal(m.dir.prompts[0].name, "query");
  assert_string_equal(m.dir.prompts[0].text, "query: ");
  assert_int_equal(m.dir.prompts[0].size, 7);
  assert_int_equal(m.dir.prompts[1].size, 4);
  assert_memory_equal(m.dir.prompts[1].text, "a\0\xc3\xa9", 5);
  assert_int_equal(m.dir.prompts[2].size, 0);
  assert_int_equal(m.dir.default_prompt, 0);
  assert_int_equal(m.dir.truncate_dim, 4);
  assert_int_equal(m.dir.matryoshka_count, 2);
  done(&m);
}

static void default_prompts(void **state) {
  (void)state;
  static const struct {
    const char *config;
    int64_t number;
  } cases[] = {
      {"{\"prompts\":{\"a\":\"x\",\"b\":\"y\"},\"default_prompt_name\":\"b\"}", 1},
      {"{\"prompts\":{\"a\":\"x\",\"b\":\"y\"},\"default_prompt_name\":null}", -1},
      {"{\"prompts\":{\"a\":\"x\",\"a\":\"y\"},\"default_prompt_name\":\"a\"}", 1},
      {"{\"prompts\":{},\"default_prompt_name\":\"query\"}", -1}, /* exists, and is empty */
      {"{\"default_prompt_name\":\"document\"}", -1},
      {"{\"prompts\":null}", -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    model m;
    init(&m);
    put(&m, "config_sentence_transformers.json", cases[i].config);
    must_open(&m);
    assert_int_equal(m.dir.default_prompt, cases[i].number);
    done(&m);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_a_model),
      cmocka_unit_test(a_plain_transformer_gets_mean_pooling),
      cmocka_unit_test(the_transformer_may_be_in_a_folder),
      cmocka_unit_test(names_of_families),
      cmocka_unit_test(activations),
      cmocka_unit_test(other_members_of_the_config),
      cmocka_unit_test(poolings),
      cmocka_unit_test(dense_layers),
      cmocka_unit_test(activations_of_dense),
      cmocka_unit_test(lengths),
      cmocka_unit_test(older_names_of_the_module_config),
      cmocka_unit_test(tokenizer_files),
      cmocka_unit_test(prompts),
      cmocka_unit_test(default_prompts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
