"""Settings a frontend does not have are refused, not ignored."""

import pytest

import mypipeline
from ireekit.errors import ModelImportError

MODULE = "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\n  return %x : tensor<4xf32>\n}"


def test_an_unknown_setting_is_refused_with_the_nearest_known():
    with pytest.raises(ModelImportError, match="no setting 'dialect'") as caught:
        mypipeline.import_model(MODULE, frontend_settings={"dialect": ["acme"]})
    assert caught.value.remedy == "did you mean 'dialects'?"


def test_a_frontend_lists_its_settings_where_none_is_near():
    with pytest.raises(ModelImportError) as caught:
        mypipeline.import_model(MODULE, frontend_settings={"zzz": 1})
    assert caught.value.remedy == "its settings: dialects, allow_unregistered"
