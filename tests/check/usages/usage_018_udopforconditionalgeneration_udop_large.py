from datasets import load_dataset
from transformers import AutoProcessor, UdopForConditionalGeneration

processor = AutoProcessor.from_pretrained("microsoft/udop-large", apply_ocr=False)
model = UdopForConditionalGeneration.from_pretrained("microsoft/udop-large")

example = load_dataset("nielsr/funsd-layoutlmv3", split="train")[0]
encoding = processor(
    example["image"],
    "Question answering. What is the date on the form?",
    text_pair=example["tokens"],
    boxes=example["bboxes"],
    return_tensors="pt",
)
ids = model.generate(**encoding)
print(processor.batch_decode(ids, skip_special_tokens=True)[0])
