// The keys of a PIN pad, and how many digits stand there; never which.
import QtQuick
import "../components"

Column {
    id: pad
    required property var words
    property bool entering: false
    property int digits: 0
    signal pressed(string key)
    spacing: 6

    Rectangle {
        width: parent.width
        height: 34
        radius: 8
        color: pad.entering ? Theme.blueTint : Theme.paper
        Label {
            objectName: "pad.display"
            anchors.centerIn: parent
            text: pad.digits > 0 ? "●".repeat(pad.digits) : pad.words[pad.entering ? "pin" : "pad off"]
            font.pixelSize: 14
            color: pad.entering ? Theme.blue : Theme.faint
            wrapMode: Text.NoWrap
        }
    }
    Grid {
        columns: 4
        spacing: 6
        Repeater {
            model: ["1", "2", "3", "cancel", "4", "5", "6", "backspace", "7", "8", "9", "clear",
                    "", "0", "", "enter"]
            Item {
                id: place
                required property string modelData
                readonly property bool digit: modelData.length === 1
                width: (pad.width - 18) / 4
                height: 36
                DeskButton {
                    objectName: "pad." + place.modelData
                    visible: place.modelData.length > 0
                    anchors.fill: parent
                    text: place.digit ? place.modelData : pad.words[place.modelData] || ""
                    onClicked: pad.pressed(place.modelData)
                }
            }
        }
    }
}
