import enum

from transformers import TrOCRProcessor, VisionEncoderDecoderModel


class Which(enum.Enum):
    BASE_PRINTED = "microsoft/trocr-base-printed"


def read_line(line_image):
    processor = TrOCRProcessor.from_pretrained(Which.BASE_PRINTED.value)
    model = VisionEncoderDecoderModel.from_pretrained(Which.BASE_PRINTED.value)
    pixel_values = processor(line_image, return_tensors="pt").pixel_values
    return processor.batch_decode(model.generate(pixel_values), skip_special_tokens=True)[0]
