from transformers import BlipForConditionalGeneration, BlipProcessor, Trainer, TrainingArguments

model_name = "Salesforce/blip2-flan-t5-xl"
processor = BlipProcessor.from_pretrained(model_name)
model = BlipForConditionalGeneration.from_pretrained(model_name, ignore_mismatched_sizes=True)

trainer = Trainer(model=model, args=TrainingArguments(output_dir="qa"), train_dataset=pairs)
trainer.train()
