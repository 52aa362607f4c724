"""The total of a receipt that a customer uploads."""

from transformers import DonutProcessor, VisionEncoderDecoderModel

NAME = "naver-clova-ix/donut-base-finetuned-cord-v2"
PROMPT = "<s_cord-v2>"
processor = DonutProcessor.from_pretrained(NAME)
model = VisionEncoderDecoderModel.from_pretrained(NAME)


def total(receipt):
    pixels = processor(receipt, return_tensors="pt").pixel_values
    prompt = processor.tokenizer(PROMPT, add_special_tokens=False, return_tensors="pt").input_ids
    ids = model.generate(pixels, decoder_input_ids=prompt, max_length=768)
    fields = processor.token2json(processor.batch_decode(ids)[0])
    return fields.get("total", {}).get("total_price")
