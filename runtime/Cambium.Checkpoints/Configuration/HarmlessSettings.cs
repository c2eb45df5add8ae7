namespace Cambium.Checkpoints;

/// <summary>
/// Settings of <c>config.json</c> that do not change the outputs of any model at inference: where the file came from, how the model
/// was trained, and how the reference implementation runs it. All other settings have to be read by the class or declared with <c>[Ignores]</c>.
/// </summary>
internal static class HarmlessSettings
{
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        // Origin of the file.
        "_name_or_path", "_commit_hash", "architectures", "auto_map", "model_type", "transformers_version", "finetuning_task", "task_specific_params",
        "unsloth_version", "unsloth_fixed", "language", "license", "tokenizer_class", "prefix",
        "is_llama_config", "transformers.js_config", "n_special", "predict_special_tokens",

        // Storage: the files themselves say how tensors are stored.
        "dtype", "torch_dtype", "torchscript", "use_bfloat16", "tf_legacy_loss",

        // Training.
        "initializer_range", "initializer_factor", "attention_dropout", "attention_probs_dropout_prob", "hidden_dropout", "hidden_dropout_prob",
        "attn_pdrop", "embd_pdrop", "resid_pdrop", "resid_dropout", "embd_dropout", "dropout", "dropout_rate", "activation_dropout", "layerdrop",
        "classifier_dropout", "summary_first_dropout", "gradient_checkpointing", "use_cache", "pretraining_tp", "output_router_logits",
        "router_aux_loss_coef", "problem_type", "id2label", "label2id", "num_labels",
        "_num_labels", "rope_scaling.finetuned", "rope_parameters.finetuned",

        // The longest context that the model was trained with: a class with a table of positions reads it.
        "max_position_embeddings", "n_positions", "n_ctx", "seq_length", "max_sequence_length", "model_max_length",

        // What the reference implementation returns, and how it is executed.
        "output_attentions", "output_hidden_states", "return_dict", "return_dict_in_generate", "output_scores", "chunk_size_feed_forward",
        "attn_implementation", "_attn_implementation", "_attn_implementation_autoset", "use_flash_attn", "use_flash_attention_2", "pruned_heads",
        "is_encoder_decoder", "is_decoder", "add_cross_attention", "cross_attention_hidden_size", "tie_encoder_decoder",
        "cache_implementation", "reorder_and_upcast_attn", "output_past", "max_length", "min_length", "max_new_tokens",

        // Generation. The tokenizer and generation_config.json are read elsewhere.
        "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id", "decoder_start_token_id",
        "forced_bos_token_id", "forced_eos_token_id", "begin_suppress_tokens", "suppress_tokens", "bad_words_ids", "do_sample", "early_stopping",
        "num_beams", "num_beam_groups", "num_return_sequences", "diversity_penalty", "encoder_no_repeat_ngram_size", "no_repeat_ngram_size",
        "length_penalty", "repetition_penalty", "temperature", "top_k", "top_p", "typical_p", "remove_invalid_values",
            "exponential_decay_length_penalty",
    };

    public static bool Contains(string path) => Names.Contains(path);
}
