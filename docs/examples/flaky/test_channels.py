from notify.channels import CHANNELS, deliver


def test_a_channel_can_be_added():
    CHANNELS["pager"] = lambda _, text: text[:10]
    assert deliver("pager", "ann", "hello") == "hello"


def test_a_pager_cuts_messages():
    assert deliver("pager", "ann", "a long message") == "a long mes"
