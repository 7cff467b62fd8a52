//! candle's side of the protocol (see bench/README.md): candle-worker MODEL_DIR MAX_TOKENS
use anyhow::{bail, Context, Error, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde_json::json;
use std::io::{BufRead, Write};
use std::time::Instant;
use tokenizers::{PaddingParams, PaddingStrategy, Tokenizer, TruncationParams};

struct Engine {
    model: BertModel,
    tokenizer: Tokenizer,
}

impl Engine {
    fn open(dir: &str, max_tokens: usize) -> Result<Engine> {
        let config: Config = serde_json::from_str(&std::fs::read_to_string(format!("{dir}/config.json"))?)?;
        let mut tokenizer = Tokenizer::from_file(format!("{dir}/tokenizer.json")).map_err(Error::msg)?;
        let truncation = TruncationParams { max_length: max_tokens, ..Default::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(Error::msg)?;
        let padding = PaddingParams { strategy: PaddingStrategy::BatchLongest, ..Default::default() };
        tokenizer.with_padding(Some(padding));
        let files = [format!("{dir}/model.safetensors")];
        // SAFETY: the file is not written to while the benchmark runs.
        let weights = unsafe { VarBuilder::from_mmaped_safetensors(&files, DType::F32, &Device::Cpu)? };
        Ok(Engine { model: BertModel::load(weights, &config)?, tokenizer })
    }

    /// Unit vectors, one row a text.
    fn embed(&self, texts: &[String]) -> Result<Tensor> {
        let encoded = self.tokenizer.encode_batch(texts.to_vec(), true).map_err(Error::msg)?;
        let shape = (encoded.len(), encoded[0].get_ids().len());
        let ids: Vec<u32> = encoded.iter().flat_map(|e| e.get_ids().to_vec()).collect();
        let mask: Vec<u32> = encoded.iter().flat_map(|e| e.get_attention_mask().to_vec()).collect();
        let ids = Tensor::from_vec(ids, shape, &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, shape, &Device::Cpu)?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let weight = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let sum = hidden.broadcast_mul(&weight)?.sum(1)?;
        let mean = sum.broadcast_div(&weight.sum(1)?)?;
        Ok(mean.broadcast_div(&mean.sqr()?.sum_keepdim(1)?.sqrt()?)?)
    }
}

fn serve(engine: &Engine, texts: &mut Vec<String>, name: &str, rest: &str) -> Result<serde_json::Value> {
    match name {
        "texts" => {
            *texts = std::fs::read_to_string(rest)?.lines().map(str::to_string).collect();
            Ok(json!({ "texts": texts.len() }))
        }
        "embed" => {
            let (count, batch) = rest.split_once(' ').context("embed COUNT BATCH")?;
            let start = Instant::now();
            for chunk in texts[..count.parse()?].chunks(batch.parse()?) {
                engine.embed(chunk)?;
            }
            Ok(json!({ "seconds": start.elapsed().as_secs_f64() }))
        }
        "latency" => {
            let mut ms = Vec::new();
            for i in 0..rest.parse()? {
                let at = i % texts.len();
                let start = Instant::now();
                engine.embed(&texts[at..at + 1])?;
                ms.push(1e3 * start.elapsed().as_secs_f64());
            }
            Ok(json!({ "ms": ms }))
        }
        "vectors" => {
            let (batch, path) = rest.split_once(' ').context("vectors BATCH PATH")?;
            let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
            let mut dim = 0;
            for chunk in texts.chunks(batch.parse()?) {
                for row in engine.embed(chunk)?.to_vec2::<f32>()? {
                    dim = row.len();
                    for x in row {
                        file.write_all(&x.to_le_bytes())?;
                    }
                }
            }
            file.flush()?;
            Ok(json!({ "rows": texts.len(), "dim": dim }))
        }
        _ => bail!("\"{name}\" is no request"),
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let [_, dir, max_tokens] = &args[..] else { bail!("usage: candle-worker MODEL_DIR MAX_TOKENS") };
    let engine = Engine::open(dir, max_tokens.parse()?)?;
    let mut texts = Vec::new();
    println!("{}", json!({ "engine": "candle 0.11.1, f32" }));
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (name, rest) = line.split_once(' ').unwrap_or((&line, ""));
        if name == "quit" {
            break;
        }
        println!("{}", serve(&engine, &mut texts, name, rest)?);
    }
    Ok(())
}
