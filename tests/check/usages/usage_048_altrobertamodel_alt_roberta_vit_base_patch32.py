from transformers import AltRobertaModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("openai/alt_roberta-vit-base-patch32")
model = AltRobertaModel.from_pretrained("openai/alt_roberta-vit-base-patch32")

inputs = tokenizer(["a photo of a cat"], padding=True, return_tensors="pt")
outputs = model(**inputs)
pooled = outputs.pooler_output
