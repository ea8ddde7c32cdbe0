// Ten digits and a way back, as on a telephone.
import QtQuick

Grid {
    id: pad
    signal digit(string value)
    signal erase()
    property int keyHeight: Math.floor((height - 3 * rowSpacing) / 4)
    columns: 3
    rowSpacing: 24
    columnSpacing: 24
    Repeater {
        model: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "⌫"]
        Item {
            required property string modelData
            width: (pad.width - 2 * pad.columnSpacing) / 3
            height: pad.keyHeight
            PushButton {
                anchors.fill: parent
                visible: parent.modelData.length > 0
                text: parent.modelData === "⌫" ? "" : parent.modelData
                iconName: parent.modelData === "⌫" ? "delete" : ""
                size: Theme.px(52)
                Accessible.name: parent.modelData === "⌫" ? qsTr("删除") : parent.modelData
                onClicked: parent.modelData === "⌫" ? pad.erase() : pad.digit(parent.modelData)
            }
        }
    }
}
