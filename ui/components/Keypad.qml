// Ten digits and a delete key, as on a telephone; on a wide screen with a fourth column, as on a
// bank's keypad.
pragma ComponentBehavior: Bound
import QtQuick

Item {
    id: pad
    property string point             // the key beside the nought, for numbers with decimal places
    property bool clears: false       // the key beside the nought empties the field
    property bool fourth: false       // delete and confirm stand in a fourth column
    property bool complete: false
    property string confirm
    signal digit(string value)
    signal erase()
    signal cleared()
    signal confirmed()
    readonly property int space: 24
    readonly property int keyHeight: Math.floor((height - 3 * space) / 4)
    readonly property real keyWidth: (width - (fourth ? 3 : 2) * space) / (fourth ? 4.2 : 3)
    readonly property int size: Math.min(Theme.px(52), keyHeight * 0.5)
    Repeater {
        model: ["1", "2", "3", "4", "5", "6", "7", "8", "9", pad.clears ? "clear" : pad.point, "0"]
        PushButton {
            required property string modelData
            required property int index
            objectName: modelData
            visible: modelData.length > 0
            x: (index % 3) * (pad.keyWidth + pad.space)
            y: Math.floor(index / 3) * (pad.keyHeight + pad.space)
            width: pad.keyWidth
            height: pad.keyHeight
            readonly property bool empties: modelData === "clear"
            text: empties ? qsTr("清空") : modelData
            name: modelData === "." ? qsTr("小数点") : text
            size: empties ? Math.min(Theme.button, pad.size) : pad.size
            onClicked: if (empties) pad.cleared(); else pad.digit(modelData)
        }
    }
    PushButton {
        objectName: "erase"
        x: 2 * (pad.keyWidth + pad.space)
        y: 3 * (pad.keyHeight + pad.space)
        width: pad.keyWidth
        height: pad.keyHeight
        iconName: "delete"
        name: qsTr("删除")
        onClicked: pad.erase()
    }
    PushButton {
        objectName: pad.fourth ? "confirm" : ""
        visible: pad.fourth
        x: 3 * (pad.keyWidth + pad.space)
        width: pad.width - x
        height: 4 * pad.keyHeight + 3 * pad.space
        primary: true
        available: pad.complete
        text: pad.confirm
        onClicked: pad.confirmed()
    }
}
