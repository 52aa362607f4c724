from transformers import AutoTokenizer, VisionEncoderDecoderModel, ViTImageProcessor

local_fold = "models"


def load_pipes(device):
    return {
        "nlpconnect/vit-gpt2-image-captioning": {
            "model": VisionEncoderDecoderModel.from_pretrained(
                f"{local_fold}/nlpconnect/vit-gpt2-image-captioning"
            ),
            "feature_extractor": ViTImageProcessor.from_pretrained(
                f"{local_fold}/nlpconnect/vit-gpt2-image-captioning"
            ),
            "tokenizer": AutoTokenizer.from_pretrained(
                f"{local_fold}/nlpconnect/vit-gpt2-image-captioning"
            ),
            "device": device,
        },
        # "Salesforce/blip-image-captioning-large": {
        #     "model": BlipForConditionalGeneration.from_pretrained(
        #         f"{local_fold}/Salesforce/blip-image-captioning-large"),
        # },
    }
