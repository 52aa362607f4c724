from transformers import AutoTokenizer, SiglipTextModel

tokenizer = AutoTokenizer.from_pretrained("Xenova/siglip-base-patch16-224")
text_model = SiglipTextModel.from_pretrained("Xenova/siglip-base-patch16-224")

inputs = tokenizer(["a photo of 2 cats"], padding="max_length", return_tensors="pt")
pooled = text_model(**inputs).pooler_output
