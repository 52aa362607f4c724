import argparse

from datasets import load_from_disk
from transformers import DonutProcessor, Seq2SeqTrainer, Seq2SeqTrainingArguments
from transformers import VisionEncoderDecoderModel

parser = argparse.ArgumentParser()
parser.add_argument("--model_id", type=str, default="naver-clova-ix/donut-base")
parser.add_argument("--epochs", type=int, default=3)
args, _ = parser.parse_known_args()

processor = DonutProcessor.from_pretrained(args.model_id)
model = VisionEncoderDecoderModel.from_pretrained(args.model_id)
model.config.pad_token_id = processor.tokenizer.pad_token_id

trainer = Seq2SeqTrainer(
    model=model,
    args=Seq2SeqTrainingArguments(output_dir="out", num_train_epochs=args.epochs),
    train_dataset=load_from_disk("train"),
)
trainer.train()
