"""Convolutional networks that classify images, batch 1, 1000 classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suite.zoo.definition import ZooModel

if TYPE_CHECKING:
    from suite.zoo.definition import Built

_SIDE = 224


def _classifier(kind: str, **settings: Any) -> Built:
    """A model of ``transformers`` by the stem of its class names."""
    import torch
    import transformers

    from suite.zoo.normalisation import calibrate
    from suite.zoo.outputs import Field

    config = getattr(transformers, f"{kind}Config")(num_labels=1000, **settings)
    model = Field(getattr(transformers, f"{kind}ForImageClassification")(config), "logits")
    return calibrate(model, torch.randn(4, 3, _SIDE, _SIDE)), (torch.randn(1, 3, _SIDE, _SIDE),)


def mobilenet_v2() -> Built:
    return _classifier("MobileNetV2")


def mobilenet_v3() -> Built:
    import torch

    from suite.zoo.mobilenet_v3 import MobileNetV3
    from suite.zoo.normalisation import calibrate

    return calibrate(MobileNetV3(1000), torch.randn(4, 3, _SIDE, _SIDE)), (torch.randn(1, 3, _SIDE, _SIDE),)


def resnet18() -> Built:
    return _classifier(
        "ResNet", embedding_size=64, hidden_sizes=[64, 128, 256, 512], depths=[2, 2, 2, 2], layer_type="basic"
    )


def resnet50() -> Built:
    return _classifier("ResNet")


def efficientnet() -> Built:
    return _classifier("EfficientNet", width_coefficient=1.0, depth_coefficient=1.0, image_size=_SIDE, hidden_dim=1280)


def convnext() -> Built:
    return _classifier("ConvNext", layer_scale_init_value=0.5)


IMAGE_MODELS = (
    ZooModel("mobilenetv2", "MobileNetV2 1.0, 1x3x224x224", mobilenet_v2, cnn=True),
    ZooModel("mobilenetv3", "MobileNetV3 large, 1x3x224x224", mobilenet_v3, cnn=True),
    ZooModel("resnet18", "ResNet-18, 1x3x224x224", resnet18, cnn=True),
    ZooModel("resnet50", "ResNet-50, 1x3x224x224", resnet50, cnn=True),
    ZooModel("efficientnet", "EfficientNet-B0, 1x3x224x224", efficientnet, cnn=True),
    ZooModel("convnext", "ConvNeXt tiny, 1x3x224x224", convnext, cnn=True),
)
