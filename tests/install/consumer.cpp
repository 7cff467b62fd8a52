// consumer MODEL_DIR: lode.h compiles as C++ and its functions link from it.
#include <lode.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Free {
  void operator()(lode_model *model) const { lode_model_free(model); }
  void operator()(lode_context *ctx) const { lode_context_free(ctx); }
};

int fail(const std::string &what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) return fail("usage: consumer MODEL_DIR");
  lode_error err;
  lode_model_options model_options = LODE_MODEL_OPTIONS_INIT;
  model_options.isa = "ref";
  lode_model *model = nullptr;
  if (lode_model_open(argv[1], &model_options, &model, &err) != LODE_OK) return fail(err.text);
  const std::unique_ptr<lode_model, Free> model_owner(model);

  lode_model_info info = LODE_MODEL_INFO_INIT;
  if (lode_model_get_info(model, &info) != LODE_OK) return fail("no info");
  if (std::string(info.isa) != "ref") return fail("the ISA cap was not kept");

  lode_context_options context_options = LODE_CONTEXT_OPTIONS_INIT;
  context_options.threads = 2;
  lode_context *ctx = nullptr;
  if (lode_context_new(model, &context_options, &ctx, &err) != LODE_OK) return fail(err.text);
  const std::unique_ptr<lode_context, Free> ctx_owner(ctx);

  const std::string text = "a b c";
  const std::vector<lode_text> texts(3, lode_text{text.data(), text.size()});
  lode_embed_options options = LODE_EMBED_OPTIONS_INIT;
  options.normalize = LODE_NORMALIZE_ON;
  std::vector<float> rows(texts.size() * static_cast<std::size_t>(info.dim));
  if (lode_embed(ctx, texts.data(), texts.size(), &options, rows.data(), rows.size(), &err) !=
      LODE_OK) {
    return fail(err.text);
  }
  const float self = lode_similarity(rows.data(), rows.data(), static_cast<std::size_t>(info.dim));
  if (!(std::fabs(self - 1.0F) < 1e-5F)) return fail("a vector is not similar to itself");
  std::printf("%s, %lld floats\n", info.architecture, static_cast<long long>(info.dim));
  return 0;
}
