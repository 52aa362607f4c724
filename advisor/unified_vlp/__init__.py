"""Unified VLP, the network of Zhou et al. (AAAI 2020, arXiv 1909.11059), for transformers.

Importing this package imports torch and transformers and registers the network with the Auto
classes: AutoConfig, AutoModel, AutoModelForPreTraining, AutoModelForImageTextToText (captions),
AutoModelForVisualQuestionAnswering (answers), AutoProcessor, AutoImageProcessor.

    >>> import advisor.unified_vlp
    >>> from transformers import AutoModelForImageTextToText
    >>> model = AutoModelForImageTextToText.from_pretrained("FOLDER")  # doctest: +SKIP

File lines in docstrings are those of LuoweiZhou/VLP@74c4d85: modeling.py is
pytorch_pretrained_bert/modeling.py, loader.py is vlp/seq2seq_loader.py.
"""

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModel,
    AutoModelForImageTextToText,
    AutoModelForPreTraining,
    AutoModelForVisualQuestionAnswering,
    AutoProcessor,
)

from advisor.unified_vlp.heads import UnifiedVLPForAnswering as UnifiedVLPForAnswering
from advisor.unified_vlp.heads import UnifiedVLPForCaptioning as UnifiedVLPForCaptioning
from advisor.unified_vlp.heads import UnifiedVLPForPreTraining as UnifiedVLPForPreTraining
from advisor.unified_vlp.network import UnifiedVLPModel as UnifiedVLPModel
from advisor.unified_vlp.processor import UnifiedVLPProcessor as UnifiedVLPProcessor
from advisor.unified_vlp.regions import Regions as Regions
from advisor.unified_vlp.regions import UnifiedVLPRegionReader as UnifiedVLPRegionReader
from advisor.unified_vlp.regions import read_regions as read_regions
from advisor.unified_vlp.vlp_config import UnifiedVLPConfig as UnifiedVLPConfig

_HEADS = (
    (AutoModel, UnifiedVLPModel),
    (AutoModelForPreTraining, UnifiedVLPForPreTraining),
    (AutoModelForImageTextToText, UnifiedVLPForCaptioning),
    (AutoModelForVisualQuestionAnswering, UnifiedVLPForAnswering),
)

AutoConfig.register(UnifiedVLPConfig.model_type, UnifiedVLPConfig, exist_ok=True)
for _auto, _network in _HEADS:
    _network.config_class = UnifiedVLPConfig
    _auto.register(UnifiedVLPConfig, _network, exist_ok=True)
AutoImageProcessor.register(
    UnifiedVLPConfig, slow_image_processor_class=UnifiedVLPRegionReader, exist_ok=True
)
AutoProcessor.register(UnifiedVLPConfig, UnifiedVLPProcessor, exist_ok=True)
